devsite.start();
