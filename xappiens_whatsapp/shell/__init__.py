"""What the commands print, ask and wait for, in a terminal."""
