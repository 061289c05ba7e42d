export {
  describeReport,
  type ReportCell,
  type ReportChart,
  type ReportPage,
  type ReportTable,
} from './report-page.ts';
export {
  changeText,
  costText,
  counted,
  countText,
  durationText,
  plainText,
  shareText,
  zonedTimeText,
} from './report-words.ts';
