//! Names of tags and of their values, as the standards and `tifffile` have them.

/// The name of a tag, or its number.
pub(super) fn of_tag(tag: u16) -> String {
    known(tag).map_or_else(|| format!("tag {tag}"), Into::into)
}

/// The name of a tag, if it has one.
pub(super) fn known(tag: u16) -> Option<&'static str> {
    TAGS.iter().find(|(number, _)| *number == tag).map(|(_, name)| *name)
}

/// What a value of a tag means, where it is a number for a word.
pub(super) fn of_value(tag: u16, value: u64) -> Option<&'static str> {
    let words: &[(u64, &str)] = match tag {
        259 => &COMPRESSIONS,
        262 => &[
            (0, "white is zero"),
            (1, "black is zero"),
            (2, "RGB"),
            (3, "palette"),
            (4, "mask"),
            (5, "CMYK"),
            (6, "YCbCr"),
            (8, "CIELab"),
        ],
        284 => &[(1, "contiguous"), (2, "separate")],
        296 => &[(1, "none"), (2, "inch"), (3, "centimetre")],
        317 => &[(1, "none"), (2, "horizontal"), (3, "floating point")],
        338 => &[(0, "unspecified"), (1, "associated alpha"), (2, "unassociated alpha")],
        339 => &[(1, "uint"), (2, "int"), (3, "float"), (4, "undefined"), (5, "complex int")],
        _ => &[],
    };
    words.iter().find(|(number, _)| *number == value).map(|(_, word)| *word)
}

/// A compression, for messages.
pub(super) fn compression(value: u64) -> String {
    let name = COMPRESSIONS.iter().find(|(number, _)| *number == value);
    name.map_or_else(|| format!("number {value}"), |(_, name)| (*name).into())
}

const COMPRESSIONS: [(u64, &str); 22] = [
    (1, "none"),
    (2, "CCITT RLE"),
    (3, "CCITT group 3"),
    (4, "CCITT group 4"),
    (5, "LZW"),
    (6, "old JPEG"),
    (7, "JPEG"),
    (8, "Deflate"),
    (32_773, "PackBits"),
    (32_946, "Deflate"),
    (33_003, "JPEG 2000"),
    (33_004, "JPEG 2000"),
    (33_005, "JPEG 2000"),
    (34_712, "JPEG 2000"),
    (34_887, "LERC"),
    (34_892, "lossy JPEG"),
    (34_925, "LZMA"),
    (34_933, "PNG"),
    (34_934, "JPEG XR"),
    (50_000, "Zstd"),
    (50_001, "WebP"),
    (50_002, "JPEG XL"),
];

const TAGS: [(u16, &str); 70] = [
    (254, "NewSubfileType"),
    (255, "SubfileType"),
    (256, "ImageWidth"),
    (257, "ImageLength"),
    (258, "BitsPerSample"),
    (259, "Compression"),
    (262, "PhotometricInterpretation"),
    (263, "Thresholding"),
    (266, "FillOrder"),
    (269, "DocumentName"),
    (270, "ImageDescription"),
    (271, "Make"),
    (272, "Model"),
    (273, "StripOffsets"),
    (274, "Orientation"),
    (277, "SamplesPerPixel"),
    (278, "RowsPerStrip"),
    (279, "StripByteCounts"),
    (280, "MinSampleValue"),
    (281, "MaxSampleValue"),
    (282, "XResolution"),
    (283, "YResolution"),
    (284, "PlanarConfiguration"),
    (285, "PageName"),
    (286, "XPosition"),
    (287, "YPosition"),
    (290, "GrayResponseUnit"),
    (291, "GrayResponseCurve"),
    (296, "ResolutionUnit"),
    (297, "PageNumber"),
    (301, "TransferFunction"),
    (305, "Software"),
    (306, "DateTime"),
    (315, "Artist"),
    (316, "HostComputer"),
    (317, "Predictor"),
    (318, "WhitePoint"),
    (319, "PrimaryChromaticities"),
    (320, "ColorMap"),
    (322, "TileWidth"),
    (323, "TileLength"),
    (324, "TileOffsets"),
    (325, "TileByteCounts"),
    (330, "SubIFDs"),
    (338, "ExtraSamples"),
    (339, "SampleFormat"),
    (340, "SMinSampleValue"),
    (341, "SMaxSampleValue"),
    (347, "JPEGTables"),
    (529, "YCbCrCoefficients"),
    (530, "YCbCrSubSampling"),
    (531, "YCbCrPositioning"),
    (532, "ReferenceBlackWhite"),
    (700, "XMP"),
    (32_997, "ImageDepth"),
    (33_432, "Copyright"),
    (33_434, "ExposureTime"),
    (33_437, "FNumber"),
    (33_628, "UIC1tag"),
    (33_629, "UIC2tag"),
    (33_630, "UIC3tag"),
    (33_631, "UIC4tag"),
    (34_412, "CZ_LSMINFO"),
    (34_665, "ExifTag"),
    (34_853, "GPSTag"),
    (36_867, "DateTimeOriginal"),
    (42_016, "ImageUniqueID"),
    (50_838, "IJMetadataByteCounts"),
    (50_839, "IJMetadata"),
    (51_123, "MicroManagerMetadata"),
];
