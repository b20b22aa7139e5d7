"""C2PA's codes in sentences. Whatever is not in these lists is shown as the code itself."""

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

Words = dict[str, Promise]

VERDICTS: Words = {
    "trusted": _("intact, by a signer on the trust list"),
    "valid": _("intact, by a signer on no trust list used here"),
    "expired": _("intact, but the signer's certificate has expired since"),
    "legacy": _("intact by its recorded hash, under an older rule"),
    "tampered": _("does not hold: something that is bound does not match"),
    "unreadable": _("cannot be read"),
    "none": _("no credential"),
}

BROKEN: Words = {
    "pixels": _("The file was changed after it was signed: the picture is no longer the one the credential is about."),
    "signature": _("The signature does not fit the credential: the credential was changed, or signed by nobody."),
    "signer": _("It was signed with a certificate that may not sign credentials, so the signature proves nothing."),
    "statement": _("A statement inside the credential was changed after it was signed."),
    "ingredient": _("The credential of something the picture was made from is missing or was changed."),
}

REASONS: Words = {
    "signingCredential.untrusted": _("The signer's certificate leads to no root on the trust list used here."),
    "signingCredential.expired": _(
        "The signer's certificate has expired, and no trusted time says that it signed before."
    ),
    "signingCredential.invalid": _("The signer's certificate is not one that may sign credentials."),
    "signingCredential.revoked": _("The signer's certificate was revoked."),
    "claimSignature.mismatch": _("The signature does not match the credential."),
    "claimSignature.missing": _("The credential carries no signature."),
    "claimSignature.outsideValidity": _("It was signed outside the time for which the certificate is valid."),
    "assertion.dataHash.mismatch": _("The file's bytes do not match the hash in the credential."),
    "assertion.bmffHash.mismatch": _("The file's bytes do not match the hash in the credential."),
    "assertion.boxesHash.mismatch": _("The file's bytes do not match the hash in the credential."),
    "assertion.hashedURI.mismatch": _("A statement in the credential does not match the hash that was signed."),
    "assertion.missing": _("A statement that was signed is missing."),
    "ingredient.manifest.missing": _("The credential of an ingredient is missing."),
    "ingredient.manifest.mismatch": _("The credential of an ingredient was changed."),
    "remote_credential_not_fetched": _(
        "The file only names an address of a credential. Nothing is fetched because a file asks for it."
    ),
    "format_carries_no_credential": _("Files of this format carry no credential that is read here."),
    "file_unparsable": _("The file's structure is damaged, so a credential in it cannot be found."),
    "credential_damaged": _("The file carries a credential that is damaged and cannot be read."),
    "file_type_box_changed": _("The head of the file, which says what kind of picture it is, was changed."),
    "differs_from_published": _("It names a credential of this service, but is not the file this service published."),
}

ACTIONS: Words = {
    "c2pa.created": _("was made"),
    "c2pa.opened": _("was opened"),
    "c2pa.addedText": _("had text added"),
    "c2pa.adjustedColor": _("had its colours adjusted"),
    "c2pa.color_adjustments": _("had its colours adjusted"),
    "c2pa.converted": _("was converted to another format"),
    "c2pa.cropped": _("was cropped"),
    "c2pa.deleted": _("had something deleted"),
    "c2pa.drawing": _("was drawn on"),
    "c2pa.edited": _("was edited"),
    "c2pa.edited.metadata": _("had its metadata edited"),
    "c2pa.enhanced": _("was enhanced"),
    "c2pa.filtered": _("was filtered"),
    "c2pa.orientation": _("was turned or mirrored"),
    "c2pa.placed": _("had something placed in it"),
    "c2pa.published": _("was published"),
    "c2pa.redacted": _("had statements taken out of its credential"),
    "c2pa.removed": _("had something removed"),
    "c2pa.repackaged": _("was repackaged"),
    "c2pa.resized": _("was resized"),
    "c2pa.resized.proportional": _("was scaled"),
    "c2pa.transcoded": _("was encoded again"),
    "c2pa.unknown": _("was changed in a way that was not recorded"),
    "c2pa.watermarked": _("was watermarked"),
    "c2pa.watermarked.bound": _("was watermarked"),
    "c2pa.watermarked.unbound": _("was watermarked"),
}

SOURCES: Words = {
    "trainedAlgorithmicMedia": _("made by a trained AI model"),
    "compositeWithTrainedAlgorithmicMedia": _("partly made by a trained AI model"),
    "algorithmicMedia": _("made by a program, not by a trained model"),
    "algorithmicallyEnhanced": _("improved by an algorithm"),
    "humanEdits": _("changed by a person"),
    "digitalCreation": _("drawn or composed by a person with digital tools"),
    "digitalCapture": _("captured by a camera or another sensor"),
    "computationalCapture": _("captured by a camera that computes the picture"),
    "composite": _("put together from several pictures"),
    "compositeCapture": _("put together from several captures"),
    "screenCapture": _("captured from a screen"),
    "virtualRecording": _("recorded from a virtual event"),
    "dataDrivenMedia": _("made from data"),
    "minorHumanEdits": _("changed slightly by a person"),
    "negativeFilm": _("scanned from a negative"),
    "positiveFilm": _("scanned from a positive"),
    "print": _("scanned from a print"),
    "empty": _("empty"),
}

LINEAGE: Words = {
    "whole": _("its own credential is intact"),
    "broken": _("its credential does not hold"),
    "missing": _("its credential is named, and is not here"),
    "bare": _("came without a credential"),
}

DATA_TYPES: Words = {
    "c2pa.types.generator.prompt": _("the prompt"),
    "c2pa.types.model": _("a model"),
    "c2pa.types.dataset": _("a data set"),
}

RELATIONSHIPS: Words = {
    "parentOf": _("what the picture was made out of"),
    "componentOf": _("a part of the picture"),
    "inputTo": _("an input to its making"),
}

USES: Words = {
    "cawg.data_mining": _("data mining"),
    "cawg.ai_inference": _("being looked at by AI"),
    "cawg.ai_training": _("training AI"),
    "cawg.ai_generative_training": _("training generative AI"),
    "c2pa.data_mining": _("data mining"),
    "c2pa.ai_inference": _("being looked at by AI"),
    "c2pa.ai_training": _("training AI"),
    "c2pa.ai_generative_training": _("training generative AI"),
}

PERMISSIONS: Words = {
    "allowed": _("allowed"),
    "notAllowed": _("not allowed"),
    "constrained": _("allowed under conditions"),
}

STANDARDS: Words = {
    "iptc": _("IPTC fields"),
    "plus": _("PLUS licence fields"),
    "tc260": _("AI content mark (GB 45438-2025)"),
    "xmp": _("XMP fields"),
    "exif": _("EXIF fields"),
    "a1111": _("AUTOMATIC1111 or Forge settings"),
    "comfyui": _("ComfyUI graph"),
    "invokeai": _("InvokeAI settings"),
    "fooocus": _("Fooocus settings"),
    "civitai": _("Civitai settings"),
    "novelai": _("NovelAI settings"),
    "text": _("text"),
    "unreadable": _("a mark that cannot be read"),
}


def say(words: Words, code: str) -> str:
    """*code* in words, or *code* itself."""
    return str(words.get(code, code))
