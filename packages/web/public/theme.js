// Runs before the first paint, so that the chosen theme never flashes. A file, since the page allows no inline scripts.
try {
  const theme = localStorage.getItem('sightline.theme');
  if (theme === 'light' || theme === 'dark') document.documentElement.dataset.theme = theme;
} catch {
  // Storage is closed to us: the system's theme it is.
}
