"""Names the C2PA conformance programme 0.2 knows, for specification 2.4 (its asset rubric). Pure."""


def _words(text: str, prefix: str = "") -> frozenset[str]:
    return frozenset(prefix + word for word in text.split())


INCEPTION = _words("created opened", "c2pa.")
NON_EDITORIAL = _words(
    "converted published repackaged transcoded resized.proportional enhanced edited.metadata "
    "watermarked watermarked.bound watermarked.unbound redacted",
    "c2pa.",
)
SOURCE_TYPE_EXEMPT = _words("placed", "c2pa.")
ALLOWED_ACTIONS = _words(
    "addedText adjustedColor changedSpeed color_adjustments converted created cropped deleted drawing dubbed "
    "edited edited.metadata enhanced filtered mastered mixed opened orientation placed published redacted "
    "remixed removed repackaged resized resized.proportional transcoded translated trimmed unknown "
    "watermarked watermarked.bound watermarked.unbound",
    "c2pa.",
)
DEPRECATED_ACTIONS = _words(
    "copied formatted version_updated printed managed produced saved color_adjustments watermarked", "c2pa."
)
ALLOWED_ASSERTIONS = _words(
    "hash.data hash.data.part actions.v2 ingredient.v3 hash.boxes hash.bmff.v3 hash.collection.data soft-binding "
    "cloud-data embedded-data metadata certificate-status asset-ref asset-type.v2 hash.multi-asset "
    "thumbnail.claim thumbnail.ingredient depthmap.GDepth icon alternative-content-representation "
    "external-reference session-keys environmental-sustainability repository-receipt ai-disclosure "
    "assertion.metadata time-stamp",
    "c2pa.",
) | _words("font.info")
DEPRECATED_ASSERTIONS = _words("claim hash.bmff.v2 asset-type ingredient ingredient.v2 actions", "c2pa.")
STANDARD_PARAMETERS = _words(
    "redacted ingredients ingredient description relatedAssertions sourceLanguage targetLanguage "
    "multipleInstances ranges weight width italic slant optical-size"
)
RELATIONSHIPS = _words("parentOf inputTo componentOf")
HUMAN_ENTRY = _words("anonymous credentialed", "humanEntry.")
TIFF_TYPES = _words("tiff x-adobe-dng", "image/")
# Status codes of a manifest that is not well formed.
MALFORMED = _words(
    "assertion.action.malformed assertion.bmffHash.malformed assertion.boxesHash.malformed "
    "assertion.collectionHash.malformed assertion.dataHash.malformed assertion.external-reference.malformed "
    "assertion.external-reference.labelMismatch assertion.external-reference.created "
    "assertion.ingredient.malformed assertion.alternativeContentRepresentation.malformed "
    "assertion.alternativeContentRepresentation.missing assertion.multiAssetHash.malformed "
    "assertion.cbor.invalid assertion.json.invalid claim.cbor.invalid claim.hardBindings.missing "
    "claim.malformed claim.missing claim.multiple hashedURI.missing ingredient.manifest.missing "
    "assertion.boxesHash.unknownBox assertion.multipleHardBindings manifest.compressed.invalid "
    "manifest.html.multipleManifests manifest.inaccessible manifest.multipleParents "
    "manifest.structuredText.emptyReference manifest.structuredText.malformedReference "
    "manifest.structuredText.multipleReferences manifest.structuredText.noManifest "
    "manifest.structuredText.noResolutionPath manifest.timestamp.invalid manifest.timestamp.wrongParents "
    "manifest.update.invalid manifest.update.wrongParents"
)
# Status codes of a manifest with something bound that does not match.
MISMATCHED = _words(
    "assertion.action.ingredientMismatch assertion.action.redactionMismatch assertion.bmffHash.mismatch "
    "assertion.boxesHash.mismatch assertion.collectionHash.mismatch assertion.dataHash.mismatch "
    "assertion.external-reference.hashMismatch assertion.alternativeContentRepresentation.hashMismatch "
    "assertion.multiAssetHash.mismatch assertion.hashedURI.mismatch assertion.hardBinding.redacted "
    "hashedURI.mismatch ingredient.manifest.mismatch ingredient.claimSignature.missing "
    "ingredient.claimSignature.mismatch claimSignature.missing"
)
# Status codes of a signer who cannot be trusted, for one reason or another.
UNTRUSTED = _words(
    "claimSignature.mismatch claimSignature.outsideValidity signingCredential.invalid "
    "signingCredential.ocsp.revoked signingCredential.untrusted"
)
NOT_REFERABLE = ("c2pa.hash", "c2pa.ingredient")
NOT_REFERABLE_LABELS = _words("actions actions.v2 cloud-data external-reference", "c2pa.")
