"""Programs around mesharr, played in this process: an arr with a real folder, media servers."""
