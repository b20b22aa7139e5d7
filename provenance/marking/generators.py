"""What image generators leave in their files, recognised by shape. Pure.

None of these formats has a specification; the shapes are those the programs write: A1111 and Forge
(``parameters`` text), ComfyUI (``prompt`` and ``workflow`` graphs), InvokeAI
(``invokeai_metadata``, earlier ``sd-metadata``), Fooocus (JSON ``parameters`` with a
``fooocus_scheme``), Civitai (A1111 text with resources, or ``extraMetadata``), NovelAI
(``Software``/``Comment`` texts) and TC260 (GB 45438-2025).
"""

import json
import re
from typing import Any

Found = tuple[str, dict[str, str]]

_SETTINGS = re.compile(r"(?:^|\n)(Steps: \d+, .*)$", re.S)
# Names are bounded: without that, a long text that holds no colon is searched anew from each of its characters.
_PAIR = re.compile(r'([\w\-/][\w \-/]{0,79}):\s*("(?:\\.|[^"\\])+"|[^,]*)(?:,|$)')
_TC260_NAMES = (
    "Label",
    "ContentProducer",
    "ProduceID",
    "ReservedCode1",
    "ReserveCode1",
    "ContentPropagator",
    "PropagateID",
    "ReservedCode2",
    "ReserveCode2",
)
LARGEST_JSON = 4_000_000
LONGEST_SETTINGS = 100_000


def of_texts(texts: dict[str, str]) -> list[Found]:
    """``(program, fields)`` for a file's text chunks, keyword → text."""
    found: list[Found] = []
    if "parameters" in texts:
        found += of_parameters(texts["parameters"], scheme=texts.get("fooocus_scheme", ""))
    if "prompt" in texts or "workflow" in texts:
        found += _of_comfyui(texts.get("prompt", ""), texts.get("workflow", ""))
    for key in ("invokeai_metadata", "invokeai_graph", "sd-metadata", "Dream"):
        if key in texts:
            found.append(("invokeai", _of_invokeai(texts[key])))
            break
    if texts.get("Software") == "NovelAI" or texts.get("Title") == "NovelAI generated image":
        found.append(("novelai", _of_novelai(texts)))
    if "AIGC" in texts:
        found += of_tc260(texts["AIGC"])
    return found


def of_parameters(text: str, *, scheme: str = "") -> list[Found]:
    """A ``parameters`` chunk or a user comment: A1111, Forge, Civitai, Fooocus or TC260."""
    value = _json(text)
    if isinstance(value, dict):
        if "AIGC" in value or "ContentProducer" in value:
            return of_tc260(text)
        if "extraMetadata" in value or "resource-stack" in value:
            return [("civitai", _of_civitai(value))]
        if scheme or "fooocus" in str(value.get("version", "")).lower() or "base_model" in value:
            names = {"base_model": "model", "base_model_hash": "model_hash"}
            return [("fooocus", {names.get(str(key), str(key)): _short(item) for key, item in value.items()})]
        return []
    settings = _SETTINGS.search(text)
    if not settings:
        return []
    fields = _of_a1111(text[: settings.start()], settings.group(1)[:LONGEST_SETTINGS])
    if "fooocus" in (scheme + fields.get("version", "")).lower():
        return [("fooocus", fields)]
    civitai = any(key.startswith("civitai") for key in fields)
    return [("civitai" if civitai else "a1111", fields)]


def of_tc260(text: str) -> list[Found]:
    """TC260's one-line JSON, read leniently: wrapped in ``AIGC``, misspelt, or with long identifiers."""
    value = _json(text)
    if isinstance(value, dict) and isinstance(value.get("AIGC"), str):
        value = _json(value["AIGC"])
    elif isinstance(value, dict) and isinstance(value.get("AIGC"), dict):
        value = value["AIGC"]
    if not isinstance(value, dict):
        return []
    fields = {name: _short(value[name]) for name in _TC260_NAMES if name in value}
    return [("tc260", fields)] if fields else []


def of_exif(fields: dict[str, str]) -> list[Found]:
    """Generators that write into EXIF: A1111's user comment, ComfyUI's Make and Model."""
    found = of_parameters(fields.get("UserComment", ""), scheme=fields.get("MakerNote", ""))
    graphs = {}
    for value in fields.values():
        kind, colon, graph = value.partition(":")
        if colon and kind.lower() in ("prompt", "workflow") and graph.lstrip().startswith("{"):
            graphs[kind.lower()] = graph
    if graphs:
        found += _of_comfyui(graphs.get("prompt", ""), graphs.get("workflow", ""))
    return found


def _of_a1111(prompts: str, settings: str) -> dict[str, str]:
    positive, _, negative = prompts.partition("\nNegative prompt:")
    fields = {"prompt": positive.strip(), "negative_prompt": negative.strip()}
    for name, value in _PAIR.findall(settings):
        fields[name.strip().lower().replace(" ", "_")] = value.strip('"')
    return {key: value for key, value in fields.items() if value}


def _of_comfyui(prompt: str, workflow: str) -> list[Found]:
    graph = _json(prompt)
    if not isinstance(graph, dict):
        return [("comfyui", {"workflow": "present"})] if isinstance(_json(workflow), dict) else []
    collected: dict[str, list[str]] = {}
    for node in graph.values():
        inputs = node.get("inputs") if isinstance(node, dict) else None
        if not isinstance(inputs, dict):
            continue
        for key, name in (
            ("ckpt_name", "model"),
            ("unet_name", "model"),
            ("lora_name", "lora"),
            ("seed", "seed"),
            ("noise_seed", "seed"),
            ("steps", "steps"),
            ("cfg", "cfg"),
            ("sampler_name", "sampler"),
            ("text", "text"),
        ):
            if isinstance(inputs.get(key), str | int | float):
                collected.setdefault(name, []).append(_short(inputs[key]))
    if not collected and not any(isinstance(node, dict) and "class_type" in node for node in graph.values()):
        return []
    fields = {name: "; ".join(dict.fromkeys(values)) for name, values in collected.items()}
    return [("comfyui", {**fields, "nodes": str(len(graph))})]


def _of_invokeai(text: str) -> dict[str, str]:
    value = _json(text)
    if not isinstance(value, dict):
        return {"text": text}
    names = {"positive_prompt": "prompt", "model_weights": "model"}
    said = {str(key): item for key, item in value.items() if item not in (None, "", [], {})}
    return {names.get(key, key): _short(item) for key, item in said.items()}


def _of_novelai(texts: dict[str, str]) -> dict[str, str]:
    fields = {"prompt": texts.get("Description", ""), "model": texts.get("Source", "")}
    comment = _json(texts.get("Comment", ""))
    if isinstance(comment, dict):
        for key in ("prompt", "uc", "seed", "steps", "scale", "sampler"):
            if key in comment:
                fields[{"uc": "negative_prompt"}.get(key, key)] = _short(comment[key])
    return {key: value for key, value in fields.items() if value}


def _of_civitai(value: dict[str, Any]) -> dict[str, str]:
    extra = value.get("extraMetadata")
    extra = _json(extra) if isinstance(extra, str) else extra
    fields = {key: _short(item) for key, item in extra.items()} if isinstance(extra, dict) else {}
    return {"prompt": fields.get("prompt", ""), **fields}


def _short(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _json(text: str) -> Any:
    """The JSON value of *text*, or None: not JSON, too large or nested too deeply."""
    if len(text) > LARGEST_JSON or not text.lstrip().startswith("{"):
        return None
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return None
