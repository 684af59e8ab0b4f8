"""Coming to a site and going: installation, migration, removal, the apps screen."""
