"""Programs around mesharr, played in this process: arrs with a real folder, media servers."""
