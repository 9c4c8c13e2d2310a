"""Do what the commands declare; a module is imported when its command runs."""
