/**
 * The functions that a statement may call: those whose answer depends on their arguments alone, on the clock or on chance. None of them reads a
 * file, an address, a dictionary, a model, another table, settings, users, headers or the machine; none sleeps, throws what it is told, writes to the log, or
 * evaluates a text as an expression. A function that is not named here does not exist for the person who types.
 */
/** Ordinary functions, spelled as the engine spells them. */
const functions = `
  accurateCast accurateCastOrDefault accurateCastOrNull acosh addDays addHours addInterval addMicroseconds addMilliseconds addMinutes addMonths
  addNanoseconds addQuarters addSeconds addTupleOfIntervals addWeeks addYears alphaTokens and appendTrailingCharIfAbsent areaCartesian areaSpherical
  array arrayAll arrayAUC arrayAUCPR arrayAutocorrelation arrayAvg arrayBottomK arrayCompact arrayConcat arrayCount arrayCumSum arrayCumSumNonNegative
  arrayDifference arrayDistinct arrayDotProduct arrayElement arrayElementOrNull arrayEnumerate arrayEnumerateDense arrayEnumerateDenseRanked
  arrayEnumerateUniq arrayEnumerateUniqRanked arrayExcept arrayExists arrayFill arrayFilter arrayFirst arrayFirstIndex arrayFirstOrNull arrayFlatten
  arrayFold arrayIntersect arrayJaccardIndex arrayJoin arrayLast arrayLastIndex arrayLastOrNull arrayLevenshteinDistance
  arrayLevenshteinDistanceWeighted arrayMap arrayMax arrayMin arrayNormalizedGini arrayPartialReverseSort arrayPartialSort arrayPopBack arrayPopFront
  arrayPRAUC arrayProduct arrayPushBack arrayPushFront arrayRandomSample arrayReduce arrayReduceInRanges arrayRemove arrayResize arrayReverse
  arrayReverseFill arrayReverseSort arrayReverseSplit arrayROCAUC arrayRotateLeft arrayRotateRight arrayShiftLeft arrayShiftRight arrayShingles
  arraySimilarity arraySlice arraySort arraySplit arrayStringConcat arraySum arraySymmetricDifference arrayTopK arrayTranspose arrayUnion arrayUniq
  arrayWithConstant arrayZip arrayZipUnaligned asinh assumeNotNull atanh bar base32Decode base32Encode base58Decode base58Encode base64Decode
  base64Encode base64URLDecode base64URLEncode basename bitAnd bitCount bitHammingDistance bitmapAnd bitmapAndCardinality bitmapAndnot
  bitmapAndnotCardinality bitmapBuild bitmapCardinality bitmapContains bitmapHasAll bitmapHasAny bitmapMax bitmapMin bitmapOr bitmapOrCardinality
  bitmapSubsetInRange bitmapSubsetLimit bitmapToArray bitmapTransform bitmapXor bitmapXorCardinality bitmaskToArray bitmaskToList bitNot bitOr
  bitPositionsToArray bitRotateLeft bitRotateRight bitShiftLeft bitShiftRight bitSlice bitTest bitTestAll bitTestAny bitXor blockNumber
  byteHammingDistance byteSize caseFoldUTF8 caseWithoutExpr caseWithoutExpression cbrt changeDay changeHour changeMinute changeMonth changeSecond
  changeYear cityHash64 clamp compareSubstrings concatAssumeInjective concatWithSeparator concatWithSeparatorAssumeInjective conv convertCharset cosh
  cosineDistance cosineDistanceTransposed countDigits countEqual countMatches countMatchesCaseInsensitive countSubstringsCaseInsensitive
  countSubstringsCaseInsensitiveUTF8 currentDatabase cutFragment cutIPv6 cutQueryString cutQueryStringAndFragment cutToFirstSignificantSubdomain
  cutToFirstSignificantSubdomainRFC cutToFirstSignificantSubdomainWithWWW cutToFirstSignificantSubdomainWithWWWRFC cutURLParameter cutWWW
  damerauLevenshteinDistance DATE_DIFF date_diff dateTime64ToSnowflakeID dateTimeToSnowflakeID dateTimeToUUIDv7 dateTrunc decodeHTMLComponent
  decodeURLComponent decodeURLFormComponent decodeXMLComponent defaultValueOfArgumentType digits divide divideDecimal divideOrNull domain domainRFC
  domainWithoutWWW domainWithoutWWWRFC dotProduct dotProductTransposed dynamicElement dynamicType e editDistance editDistanceUTF8 empty emptyArrayDate
  emptyArrayDateTime emptyArrayFloat32 emptyArrayFloat64 emptyArrayInt16 emptyArrayInt32 emptyArrayInt64 emptyArrayInt8 emptyArrayString
  emptyArrayToSingle emptyArrayUInt16 emptyArrayUInt32 emptyArrayUInt64 emptyArrayUInt8 encodeURLComponent encodeURLFormComponent encodeXMLComponent
  endsWith endsWithCaseInsensitive endsWithCaseInsensitiveUTF8 endsWithUTF8 equals erf erfc errorCodeToName exp10 exp2 extract extractAll
  extractAllGroups extractAllGroupsHorizontal extractAllGroupsVertical extractGroups extractKeyValuePairs extractKeyValuePairsWithEscaping
  extractTextFromHTML extractURLParameter extractURLParameterNames extractURLParameters farmFingerprint64 farmHash64 finalizeAggregation firstLine
  firstSignificantSubdomain firstSignificantSubdomainRFC flattenTuple flipCoordinates format formatDateTime formatDateTimeInJodaSyntax
  formatReadableDecimalSize formatReadableQuantity formatReadableSize formatReadableTimeDelta fragment fromDaysSinceYearZero fromDaysSinceYearZero32
  fromModifiedJulianDay fromModifiedJulianDayOrNull fromUnixTimestamp fromUnixTimestamp64Micro fromUnixTimestamp64Milli fromUnixTimestamp64Nano
  fromUnixTimestamp64Second fromUnixTimestampInJodaSyntax fromUTCTimestamp gccMurmurHash gcd generateSnowflakeID generateUUIDv4 generateUUIDv7
  geoDistance geohashDecode geohashEncode geohashesInBox geometryIntersectCartesian geometryIntersectSpherical geoToH3 greatCircleAngle
  greatCircleDistance greater greaterOrEquals h3CellAreaM2 h3CellAreaRads2 h3Distance h3EdgeAngle h3EdgeLengthKm h3EdgeLengthM h3ExactEdgeLengthKm
  h3ExactEdgeLengthM h3ExactEdgeLengthRads h3GetBaseCell h3GetDestinationIndexFromUnidirectionalEdge h3GetFaces h3GetIndexesFromUnidirectionalEdge
  h3GetOriginIndexFromUnidirectionalEdge h3GetPentagonIndexes h3GetRes0Indexes h3GetResolution h3GetUnidirectionalEdge h3GetUnidirectionalEdgeBoundary
  h3GetUnidirectionalEdgesFromHexagon h3HexAreaKm2 h3HexAreaM2 h3HexRing h3IndexesAreNeighbors h3IsPentagon h3IsResClassIII h3IsValid h3kRing h3Line
  h3NumHexagons h3PointDistKm h3PointDistM h3PointDistRads h3PolygonToCells h3PolygonToCellsWithContainment h3ToCenterChild h3ToChildren h3ToGeo
  h3ToGeoBoundary h3ToParent h3ToString h3UnidirectionalEdgeIsValid halfMD5 has hasAll hasAllToken hasAllTokens hasAny hasAnyToken hasAnyTokens
  hasPhrase hasSubstr hasToken hasTokenOrNull hilbertDecode hilbertEncode hiveHash identity ifNotFinite ilike indexOf indexOfAssumeSorted initcapUTF8
  intDiv intDivOrNull intDivOrZero intExp10 intExp2 intHash32 intHash64 IPv4CIDRToRange IPv4NumToString IPv4NumToStringClassC IPv4StringToNum
  IPv4StringToNumOrDefault IPv4StringToNumOrNull IPv4ToIPv6 IPv6CIDRToRange IPv6NumToString IPv6StringToNum IPv6StringToNumOrDefault
  IPv6StringToNumOrNull isASCII isConstant isDecimalOverflow isDistinctFrom isFinite isInfinite isIPAddressInRange isIPv4String isIPv6String isNaN
  isNotDistinctFrom isNotNull isNullable isPrime isProbablePrime isValidASCII isValidJSON isValidUTF8 isZeroOrNull jaroSimilarity
  jaroWinklerSimilarity javaHash javaHashUTF16LE JSON_EXISTS JSON_QUERY JSON_VALUE JSONAllPaths JSONAllPathsWithTypes JSONAllValues JSONArrayLength
  JSONDynamicPaths JSONDynamicPathsWithTypes JSONExtract JSONExtractArrayRaw JSONExtractArrayRawCaseInsensitive JSONExtractBool
  JSONExtractBoolCaseInsensitive JSONExtractCaseInsensitive JSONExtractFloat JSONExtractFloatCaseInsensitive JSONExtractInt
  JSONExtractIntCaseInsensitive JSONExtractKeys JSONExtractKeysAndValues JSONExtractKeysAndValuesCaseInsensitive JSONExtractKeysAndValuesRaw
  JSONExtractKeysAndValuesRawCaseInsensitive JSONExtractKeysCaseInsensitive JSONExtractRaw JSONExtractRawCaseInsensitive JSONExtractString
  JSONExtractStringCaseInsensitive JSONExtractUInt JSONExtractUIntCaseInsensitive JSONHas JSONKey JSONLength JSONMergePatch jsonMergePatch
  JSONSharedDataPaths JSONSharedDataPathsWithTypes JSONType jumpConsistentHash kafkaMurmurHash keccak256 kostikConsistentHash L1Distance L1Norm
  L1Normalize L2Distance L2DistanceTransposed L2Norm L2Normalize L2SquaredDistance L2SquaredNorm lcm leftPad leftPadUTF8 leftUTF8 lengthUTF8 less
  lessOrEquals levenshteinDistance levenshteinDistanceUTF8 lgamma like LinfDistance LinfNorm LinfNormalize log1p lowerUTF8 LpDistance LpNorm
  LpNormalize ltrim MACNumToString MACStringToNum map MAP_FROM_ARRAYS mapAdd mapAll mapApply mapConcat mapContains mapContainsKey mapContainsKeyLike
  mapContainsValue mapContainsValueLike mapExists mapExtractKeyLike mapExtractValueLike mapFilter mapFromArrays mapFromString mapKeys
  mapPartialReverseSort mapPartialSort mapPopulateSeries mapReverseSort mapSort mapSubtract mapUpdate mapValues match matchPhrase materialize MD4 MD5
  metroHash64 minSampleSizeContinous minSampleSizeContinuous minSampleSizeConversion minus mismatches modulo moduloLegacy moduloOrNull moduloOrZero
  mortonDecode mortonEncode multiFuzzyMatchAllIndices multiFuzzyMatchAny multiFuzzyMatchAnyIndex multiIf multiMatchAllIndices multiMatchAny
  multiMatchAnyIndex multiply multiplyDecimal multiSearchAllPositions multiSearchAllPositionsCaseInsensitive
  multiSearchAllPositionsCaseInsensitiveUTF8 multiSearchAllPositionsUTF8 multiSearchAny multiSearchAnyCaseInsensitive
  multiSearchAnyCaseInsensitiveUTF8 multiSearchAnyUTF8 multiSearchFirstIndex multiSearchFirstIndexCaseInsensitive
  multiSearchFirstIndexCaseInsensitiveUTF8 multiSearchFirstIndexUTF8 multiSearchFirstPosition multiSearchFirstPositionCaseInsensitive
  multiSearchFirstPositionCaseInsensitiveUTF8 multiSearchFirstPositionUTF8 murmurHash2_32 murmurHash2_64 murmurHash3_128 murmurHash3_32 murmurHash3_64
  naturalSortKey negate netloc ngramDistance ngramDistanceCaseInsensitive ngramDistanceCaseInsensitiveUTF8 ngramDistanceUTF8 ngramMinHash
  ngramMinHashArg ngramMinHashArgCaseInsensitive ngramMinHashArgCaseInsensitiveUTF8 ngramMinHashArgUTF8 ngramMinHashCaseInsensitive
  ngramMinHashCaseInsensitiveUTF8 ngramMinHashUTF8 ngrams ngramSearch ngramSearchCaseInsensitive ngramSearchCaseInsensitiveUTF8 ngramSearchUTF8
  ngramSimHash ngramSimHashCaseInsensitive ngramSimHashCaseInsensitiveUTF8 ngramSimHashUTF8 normalizeUTF8NFC normalizeUTF8NFD normalizeUTF8NFKC
  normalizeUTF8NFKCCasefold normalizeUTF8NFKD notEmpty notEquals notILike notLike or overlayUTF8 parseDateTime parseDateTime32BestEffort
  parseDateTime32BestEffortOrNull parseDateTime32BestEffortOrZero parseDateTime64 parseDateTime64BestEffort parseDateTime64BestEffortOrNull
  parseDateTime64BestEffortOrZero parseDateTime64BestEffortUS parseDateTime64BestEffortUSOrNull parseDateTime64BestEffortUSOrZero
  parseDateTime64InJodaSyntax parseDateTime64InJodaSyntaxOrNull parseDateTime64InJodaSyntaxOrZero parseDateTime64OrNull parseDateTime64OrZero
  parseDateTimeBestEffort parseDateTimeBestEffortOrNull parseDateTimeBestEffortOrZero parseDateTimeBestEffortUS parseDateTimeBestEffortUSOrNull
  parseDateTimeBestEffortUSOrZero parseDateTimeInJodaSyntax parseDateTimeInJodaSyntaxOrNull parseDateTimeInJodaSyntaxOrZero parseDateTimeOrNull
  parseDateTimeOrZero parseReadableSize parseReadableSizeOrNull parseReadableSizeOrZero parseTimeDelta path pathFull perimeterCartesian
  perimeterSpherical plus pointInEllipses pointInPolygon polygonAreaCartesian polygonAreaSpherical polygonConvexHullCartesian
  polygonPerimeterCartesian polygonPerimeterSpherical polygonsDistanceCartesian polygonsDistanceSpherical polygonsEqualsCartesian
  polygonsIntersectCartesian polygonsIntersectionCartesian polygonsIntersectionSpherical polygonsIntersectSpherical polygonsSymDifferenceCartesian
  polygonsSymDifferenceSpherical polygonsUnionCartesian polygonsUnionSpherical polygonsWithinCartesian polygonsWithinSpherical port portRFC
  positionCaseInsensitive positionCaseInsensitiveUTF8 positionUTF8 prettyPrintJSON printf proportionsZTest protocol queryString queryStringAndFragment
  rand32 rand64 randBernoulli randBinomial randCanonical randChiSquared randConstant randExponential randFisherF randLogNormal randNegativeBinomial
  randNormal randomFixedString randomPrintableASCII randomString randomStringUTF8 randPoisson randStudentT randUniform range regexpExtract
  regexpPosition regexpQuoteMeta reinterpretAsDate reinterpretAsDateTime reinterpretAsFixedString reinterpretAsFloat32 reinterpretAsFloat64
  reinterpretAsInt128 reinterpretAsInt16 reinterpretAsInt256 reinterpretAsInt32 reinterpretAsInt64 reinterpretAsInt8 reinterpretAsString
  reinterpretAsUInt128 reinterpretAsUInt16 reinterpretAsUInt256 reinterpretAsUInt32 reinterpretAsUInt64 reinterpretAsUInt8 reinterpretAsUUID
  removeAccentsUTF8 removeDiacriticsUTF8 replaceAll replaceOne replaceRegexpAll replaceRegexpOne reverseBySeparator reverseUTF8 rightPad rightPadUTF8
  rightUTF8 RIPEMD160 roundAge roundBankers roundDown roundDuration roundToExp2 rowNumberInAllBlocks rowNumberInBlock rtrim runningAccumulate
  runningDifference runningDifferenceStartingWithFirstValue seriesDecomposeSTL seriesOutliersDetectTukey serverTimeZone serverTimezone SHA1 SHA224
  SHA256 SHA384 SHA512 SHA512_256 sigmoid simpleJSONExtractBool simpleJSONExtractFloat simpleJSONExtractInt simpleJSONExtractRaw
  simpleJSONExtractString simpleJSONExtractUInt simpleJSONHas sinh sipHash128 sipHash128Keyed sipHash128Reference sipHash128ReferenceKeyed sipHash64
  sipHash64Keyed snowflakeIDToDateTime snowflakeIDToDateTime64 sparseGrams sparseGramsHashes sparseGramsHashesUTF8 sparseGramsUTF8 splitByAlpha
  splitByChar splitByNonAlpha splitByRegexp splitByString splitByWhitespace startsWith startsWithCaseInsensitive startsWithCaseInsensitiveUTF8
  startsWithUTF8 stringBytesEntropy stringBytesUniq stringJaccardIndex stringJaccardIndexUTF8 stringToH3 subBitmap substringIndex substringIndexUTF8
  substringUTF8 subtractDays subtractHours subtractInterval subtractMicroseconds subtractMilliseconds subtractMinutes subtractMonths
  subtractNanoseconds subtractQuarters subtractSeconds subtractTupleOfIntervals subtractWeeks subtractYears tgamma timeSlot timeSlots TIMESTAMP_DIFF
  timestamp_diff timestampDiff timeZoneOf timezoneOf timeZoneOffset timezoneOffset toBFloat16 toBFloat16OrNull toBFloat16OrZero toBool
  toColumnTypeName toDate toDate32 toDate32OrDefault toDate32OrNull toDate32OrZero toDateOrDefault toDateOrNull toDateOrZero toDateTime toDateTime32
  toDateTime64 toDateTime64OrDefault toDateTime64OrNull toDateTime64OrZero toDateTimeOrDefault toDateTimeOrNull toDateTimeOrZero toDayOfMonth
  toDayOfWeek toDayOfYear toDaysInMonth toDaysSinceYearZero toDecimal128 toDecimal128OrDefault toDecimal128OrNull toDecimal128OrZero toDecimal256
  toDecimal256OrDefault toDecimal256OrNull toDecimal256OrZero toDecimal32 toDecimal32OrDefault toDecimal32OrNull toDecimal32OrZero toDecimal64
  toDecimal64OrDefault toDecimal64OrNull toDecimal64OrZero toFixedString toFloat32 toFloat32OrDefault toFloat32OrNull toFloat32OrZero toFloat64
  toFloat64OrDefault toFloat64OrNull toFloat64OrZero toHour toInt128 toInt128OrDefault toInt128OrNull toInt128OrZero toInt16 toInt16OrDefault
  toInt16OrNull toInt16OrZero toInt256 toInt256OrDefault toInt256OrNull toInt256OrZero toInt32 toInt32OrDefault toInt32OrNull toInt32OrZero toInt64
  toInt64OrDefault toInt64OrNull toInt64OrZero toInt8 toInt8OrDefault toInt8OrNull toInt8OrZero toInterval toIntervalDay toIntervalHour
  toIntervalMicrosecond toIntervalMillisecond toIntervalMinute toIntervalMonth toIntervalNanosecond toIntervalQuarter toIntervalSecond toIntervalWeek
  toIntervalYear toIPv4 toIPv4OrDefault toIPv4OrNull toIPv4OrZero toIPv6 toIPv6OrDefault toIPv6OrNull toIPv6OrZero toISOWeek toISOYear toJSONString
  tokens tokensForLikePattern toLastDayOfMonth toLastDayOfWeek toLowCardinality toMicrosecond toMillisecond toMinute toModifiedJulianDay
  toModifiedJulianDayOrNull toMonday toMonth toMonthNumSinceEpoch toNanosecond toNullable topLevelDomain topLevelDomainRFC toQuarter toRelativeDayNum
  toRelativeHourNum toRelativeMinuteNum toRelativeMonthNum toRelativeQuarterNum toRelativeSecondNum toRelativeWeekNum toRelativeYearNum toSecond
  toStartOfDay toStartOfFifteenMinutes toStartOfFiveMinute toStartOfFiveMinutes toStartOfHour toStartOfInterval toStartOfISOYear toStartOfMicrosecond
  toStartOfMillisecond toStartOfMinute toStartOfMonth toStartOfNanosecond toStartOfQuarter toStartOfSecond toStartOfTenMinutes toStartOfWeek
  toStartOfYear toString toStringCutToZero toTime toTime64 toTime64OrNull toTime64OrZero toTimeOrNull toTimeOrZero toTimeWithFixedDate toTimeZone
  toTimezone toTypeName toUInt128 toUInt128OrDefault toUInt128OrNull toUInt128OrZero toUInt16 toUInt16OrDefault toUInt16OrNull toUInt16OrZero
  toUInt256 toUInt256OrDefault toUInt256OrNull toUInt256OrZero toUInt32 toUInt32OrDefault toUInt32OrNull toUInt32OrZero toUInt64 toUInt64OrDefault
  toUInt64OrNull toUInt64OrZero toUInt8 toUInt8OrDefault toUInt8OrNull toUInt8OrZero toUnixTimestamp toUnixTimestamp64Micro toUnixTimestamp64Milli
  toUnixTimestamp64Nano toUnixTimestamp64Second toUTCTimestamp toUUID toUUIDOrDefault toUUIDOrNull toUUIDOrZero toValidUTF8 toWeek toYear
  toYearNumSinceEpoch toYearWeek toYYYYMM toYYYYMMDD toYYYYMMDDhhmmss transform translate translateUTF8 trim trimBoth trimLeft trimRight
  tryBase32Decode tryBase58Decode tryBase64Decode tryBase64URLDecode tuple tupleConcat tupleDivide tupleDivideByNumber tupleElement
  tupleHammingDistance tupleIntDiv tupleIntDivByNumber tupleIntDivOrZero tupleIntDivOrZeroByNumber tupleMinus tupleModulo tupleModuloByNumber
  tupleMultiply tupleMultiplyByNumber tupleNames tupleNegate tuplePlus tuplePositiveModuloByNumber tupleToNameValuePairs upperUTF8 URLHash
  URLHierarchy URLPathHierarchy UUIDNumToString UUIDStringToNum UUIDToNum UUIDv7ToDateTime variantType visibleWidth visitParamExtractBool
  visitParamExtractFloat visitParamExtractInt visitParamExtractRaw visitParamExtractString visitParamExtractUInt visitParamHas widthBucket
  wordShingleMinHash wordShingleMinHashArg wordShingleMinHashArgCaseInsensitive wordShingleMinHashArgCaseInsensitiveUTF8 wordShingleMinHashArgUTF8
  wordShingleMinHashCaseInsensitive wordShingleMinHashCaseInsensitiveUTF8 wordShingleMinHashUTF8 wordShingleSimHash wordShingleSimHashCaseInsensitive
  wordShingleSimHashCaseInsensitiveUTF8 wordShingleSimHashUTF8 wyHash64 xor xxh3 xxh3_128 xxHash32 xxHash64 xxHash64Spark yandexConsistentHash
  yesterday YYYYMMDDhhmmssToDateTime64
`;
/** Those that the engine knows in any case, as SQL does. */
const functionsInAnyCase = `
  abs acos addDate age array_remove array_to_string arrayPartialShuffle arrayShuffle ascii asin atan atan2 avg2 bin byteSlice byteSwap CARDINALITY
  CAST ceil ceiling char CHAR_LENGTH CHARACTER_LENGTH coalesce concat concat_ws cos countSubstrings CRC32 CRC32IEEE CRC64 curdate current_database
  current_date current_timestamp DATABASE DATE date_bin DATE_FORMAT DATE_TRUNC dateDiff dateName DAY DAYOFMONTH DAYOFWEEK DAYOFYEAR degrees
  distanceCosine distanceCosineTransposed distanceL1 distanceL2 distanceL2Squared distanceL2Transposed distanceLinf distanceLp exp factorial
  firstNonDefault flatten floor FORMAT_BYTES FROM_BASE64 FROM_DAYS FROM_UNIXTIME from_utc_timestamp greatest hasSubsequence
  hasSubsequenceCaseInsensitive hasSubsequenceCaseInsensitiveUTF8 hasSubsequenceUTF8 hasTokenCaseInsensitive hasTokenCaseInsensitiveOrNull hex HMAC
  HOUR hypot if ifNull INET6_ATON INET6_NTOA INET_ATON INET_NTOA initcap instr isNull JSON_ARRAY_LENGTH LAST_DAY lcase least left length ln localtime
  localtimestamp locate log log10 log2 lower lpad makeDate makeDate32 makeDateTime makeDateTime64 max2 MICROSECOND mid midpoint MILLISECOND min2
  MINUTE mod modOrNull MONTH monthName NANOSECOND NATURAL_SORT_KEY normalizeL1 normalizeL2 normalizeLinf normalizeLp normL1 normL2 normL2Squared
  normLinf normLp not now now64 nullIf OCTET_LENGTH overlay pi pmod pmodOrNull position positive_modulo positive_modulo_or_null positiveModulo
  positiveModuloOrNull pow power QUARTER radians rand REGEXP_EXTRACT regexp_instr REGEXP_MATCHES REGEXP_REPLACE REGEXP_SUBSTR regexpInstr repeat
  replace reverse right round rpad scalarProduct scalarProductTransposed SCHEMA SECOND sign sin soundex space sqr sqrt str_to_date str_to_map subDate
  substr substring SUBSTRING_INDEX tan tanh time_bucket timeDiff timestamp timeZone timezone TO_BASE64 TO_DAYS TO_UNIXTIME to_utc_timestamp today
  toDecimalString trunc truncate ucase unbin unhex unnest upper UTC_timestamp UTCTimestamp vectorDifference vectorSum version week width_bucket YEAR
  yearweek YYYYMMDDhhmmssToDateTime YYYYMMDDToDate YYYYMMDDToDate32
`;
/** Aggregate and window functions. */
const aggregates = `
  any any_respect_nulls anyHeavy anyLast anyLast_respect_nulls anyLastRespectNulls anyRespectNulls anyValueRespectNulls argAndMax argAndMin argMax
  argMin avgWeighted boundingRatio contingency corrMatrix corrStable covarPop covarPopMatrix covarPopStable covarSamp covarSampMatrix covarSampStable
  cramersV cramersVBiasCorrected cume_dist deltaSum deltaSumTimestamp denseRank distinctDynamicTypes distinctJSONPaths distinctJSONPathsAndTypes
  entropy estimateCompressionRatio exponentialMovingAverage exponentialTimeDecayedAvg exponentialTimeDecayedCount exponentialTimeDecayedMax
  exponentialTimeDecayedSum firstValueRespectNulls groupArray groupArrayInsertAt groupArrayIntersect groupArrayLast groupArrayMovingAvg
  groupArrayMovingSum groupArraySample groupArraySorted groupBitAnd groupBitmap groupBitmapAnd groupBitmapOr groupBitmapXor groupBitOr groupBitXor
  groupConcat groupUniqArray histogram intervalLengthSum kurtPop kurtSamp lagInFrame largestTriangleThreeBuckets lastValueRespectNulls leadInFrame
  lttb mannWhitneyUTest maxIntersections maxIntersectionsPosition maxMappedArrays meanZTest median medianBFloat16 medianBFloat16Weighted medianDD
  medianDeterministic medianExact medianExactHigh medianExactLow medianExactWeighted medianExactWeightedInterpolated medianGK
  medianInterpolatedWeighted medianTDigest medianTDigestWeighted medianTiming medianTimingWeighted minMappedArrays nonNegativeDerivative percentRank
  quantile quantileBFloat16 quantileBFloat16Weighted quantileDD quantileDeterministic quantileExact quantileExactExclusive quantileExactHigh
  quantileExactInclusive quantileExactLow quantileExactWeighted quantileExactWeightedInterpolated quantileGK quantileInterpolatedWeighted
  quantilePrometheusHistogram quantiles quantilesBFloat16 quantilesBFloat16Weighted quantilesDD quantilesDeterministic quantilesExact
  quantilesExactExclusive quantilesExactHigh quantilesExactInclusive quantilesExactLow quantilesExactWeighted quantilesExactWeightedInterpolated
  quantilesGK quantilesInterpolatedWeighted quantilesPrometheusHistogram quantilesTDigest quantilesTDigestWeighted quantilesTiming
  quantilesTimingWeighted quantileTDigest quantileTDigestWeighted quantileTiming quantileTimingWeighted rankCorr retention sequenceCount sequenceMatch
  sequenceMatchEvents sequenceNextNode simpleLinearRegression singleValueOrNull skewPop skewSamp sparkBar sparkbar stddevPop stddevPopStable
  stddevSamp stddevSampStable studentTTest studentTTestOneSample sumCount sumKahan sumMapFiltered sumMapFilteredWithOverflow sumMappedArrays
  sumMapWithOverflow sumWithOverflow theilsU timeSeriesChangesToGrid timeSeriesDeltaToGrid timeSeriesDerivToGrid timeSeriesGroupArray
  timeSeriesIncreaseToGrid timeSeriesInstantDeltaToGrid timeSeriesInstantRateToGrid timeSeriesLastToGrid timeSeriesLastTwoSamples
  timeSeriesPredictLinearToGrid timeSeriesRateToGrid timeSeriesResampleToGridWithStaleness timeSeriesResetsToGrid topK topKWeighted uniq uniqCombined
  uniqCombined64 uniqExact uniqHLL12 uniqUpTo varPop varPopStable varSamp varSampStable welchTTest windowFunnel
`;
/** Those that the engine knows in any case. */
const aggregatesInAnyCase = `
  analysisOfVariance anova any_value any_value_respect_nulls approx_top_count approx_top_k approx_top_sum array_agg array_concat_agg avg BIT_AND
  BIT_OR BIT_XOR corr count COVAR_POP COVAR_SAMP dense_rank first_value first_value_respect_nulls group_concat kolmogorovSmirnovTest lag last_value
  last_value_respect_nulls lead max max_by min min_by nth_value ntile percent_rank rank row_number STD STDDEV STDDEV_POP STDDEV_SAMP string_agg sum
  VAR_POP VAR_SAMP
`;
/** What the analyzer itself turns into something else, and so is in no list of the engine. */
const special = 'untuple grouping';

/** What may follow the name of an aggregate function, again and again. */
const combinators =
  /(?:If|Array|Distinct|OrNull|OrDefault|Null|Merge|State|SimpleState|ForEach|Resample|Map|ArgMin|ArgMax|Tuple)$/;

/** Functions whose first argument is a lambda where more than one is given. They take a name of a function there as well, so nothing but a lambda may stand there. */
export const lambdaFunctions: ReadonlySet<string> = namesIn(`
  arrayAll arrayAvg arrayCompact arrayCount arrayCumSum arrayCumSumNonNegative arrayDifference arrayExists arrayFill arrayFilter arrayFirst arrayFirstIndex
  arrayFirstOrNull arrayFold arrayLast arrayLastIndex arrayLastOrNull arrayMap arrayMax arrayMin arrayPartialReverseSort arrayPartialSort arrayProduct
  arrayReverseFill arrayReverseSort arrayReverseSplit arraySort arraySplit arraySum mapAll mapApply mapExists mapFilter mapPartialReverseSort mapPartialSort
  mapReverseSort mapSort
`);

/** Which argument of these is the text of a type, from the front, or from the back where it is negative. */
export const typeArguments: ReadonlyMap<string, number> = new Map([
  ['cast', 1],
  ['accuratecast', 1],
  ['accuratecastornull', 1],
  ['accuratecastordefault', 1],
  ['jsonextract', -1],
  ['jsonextractcaseinsensitive', -1],
  ['jsonextractkeysandvalues', -1],
  ['jsonextractkeysandvaluescaseinsensitive', -1],
  ['dynamicelement', 1],
]);

/** Their first argument is the text of an aggregate function. */
export const aggregateArguments: ReadonlySet<string> = new Set(['arrayReduce', 'arrayReduceInRanges']);

/** Functions in FROM that only make up rows. All others reach files, addresses, other tables, databases or processes. */
export const tableFunctions: ReadonlySet<string> = namesIn(
  'numbers numbers_mt zeros zeros_mt generate_series generateSeries primes values',
);

export const knownFunctions: ReadonlySet<string> = namesIn(`${functions} ${special}`);
export const knownFunctionsInAnyCase: ReadonlySet<string> = namesIn(functionsInAnyCase);
export const knownAggregates: ReadonlySet<string> = namesIn(aggregates);
export const knownAggregatesInAnyCase: ReadonlySet<string> = namesIn(aggregatesInAnyCase);
const lowerCase = new Set([...knownFunctionsInAnyCase].map((name) => name.toLowerCase()));
const aggregatesLowerCase = new Set([...knownAggregatesInAnyCase].map((name) => name.toLowerCase()));

/** All of them, for a name that is nearly one. */
export const functionNames: readonly string[] = [
  ...knownFunctions,
  ...knownFunctionsInAnyCase,
  ...knownAggregates,
  ...knownAggregatesInAnyCase,
];

export function isFunction(name: string): boolean {
  return knownFunctions.has(name) || lowerCase.has(name.toLowerCase()) || isAggregate(name);
}

export function isAggregate(name: string): boolean {
  if (knownAggregates.has(name) || aggregatesLowerCase.has(name.toLowerCase())) return true;
  const base = name.length > 128 ? name : name.replace(combinators, '');
  return base !== name && isAggregate(base);
}

function namesIn(text: string): ReadonlySet<string> {
  return new Set(text.trim().split(/\s+/));
}
