export {
  detectUnusual,
  type ExpectationBasis,
  type ExpectedPoint,
  levelPoints,
  type Sensitivity,
  type SeriesKind,
} from './detect-unusual.ts';
export { findLevelShifts, type LevelShift } from './find-level-shifts.ts';
export { findUnlikePeers, type UnlikePeer } from './find-unlike-peers.ts';
export { type Forecast, type ForecastBasis, forecastSeries, reachOfForecast } from './forecast.ts';
export { medianOf } from './median.ts';
