"""Break the reference models on purpose, one mistake at a time, and run the trial that has to notice.

Run by a Python that has torch: `python mutants.py FOLDER_OF_ENVDOCTOR`. Prints one JSON object: for each mistake the
figures of the trial, or the exception that ended it.
"""

import importlib
import json
import pathlib
import sys
import types

PACKAGE = pathlib.Path(sys.argv[1])
sys.path[:0] = [str(PACKAGE / "smoke" / "programs"), str(PACKAGE / "models")]

import harness  # noqa: E402

# the mistake, the model's file, what stands there, what the mistaken author writes, the module and its trial
MISTAKES = [
    ("nothing at all (attention)", "attention", "# K", "# K", "torch_attention", "mla"),
    ("nothing at all (ngpt)", "ngpt", "# M", "# M", "torch_language", "_ngpt"),
    (
        "scale of the plain part",
        "attention",
        "(config.head + config.rotary) ** -0.5",
        "config.head**-0.5",
        "torch_attention",
        "golden",
    ),
    (
        "scale of the absorbed width",
        "attention",
        "row_B1SX, row_B1SX, self.scale",
        "row_B1SX, row_B1SX, row_B1SX.shape[-1] ** -0.5",
        "torch_attention",
        "mla",
    ),
    (
        "halves in place of pairs",
        "attention",
        "x[..., 0::2], x[..., 1::2]",
        "x.chunk(2, -1)[0], x.chunk(2, -1)[1]",
        "torch_attention",
        "golden",
    ),
    (
        "turned the other way",
        "attention",
        "even * cos - odd * sin, even * sin + odd * cos",
        "even * cos + odd * sin, odd * cos - even * sin",
        "torch_attention",
        "golden",
    ),
    (
        "rotation on the plain part",
        "attention",
        "return q_BHTK, turn(q_BHTR, *turned)",
        "return turn(q_BHTK, *angles(0, x_BTD.shape[1], c.head, c.base, x_BTD)), q_BHTR",
        "torch_attention",
        "golden",
    ),
    (
        "a key that is not turned",
        "attention",
        "turn(self.to_kr(x_BTD), *turned)",
        "self.to_kr(x_BTD)",
        "torch_attention",
        "golden",
    ),
    (
        "latents that are not normalised",
        "attention",
        "self.norm_kv(self.down_kv(x_BTD))",
        "self.down_kv(x_BTD)",
        "torch_attention",
        "golden",
    ),
    (
        "positions from zero at each step",
        "attention",
        "angles(cache.length if cache else 0, x_BTD",
        "angles(0, x_BTD",
        "torch_attention",
        "mla",
    ),
    (
        "positions off by one when cached",
        "attention",
        "angles(cache.length if cache else 0, x_BTD",
        "angles(cache.length + 1 if cache and cache.length else 0, x_BTD",
        "torch_attention",
        "mla",
    ),
    (
        "a cache off by one",
        "attention",
        "[buffer[:, :, :until] for",
        "[buffer[:, :, : until - (until > 9)] for",
        "torch_attention",
        "mla",
    ),
    (
        "a cache that is written late",
        "attention",
        "self.length = until\n",
        "self.length = until - (until == 17)\n",
        "torch_attention",
        "mla",
    ),
    ("no mask", "attention", ".triu(S - T + 1)", ".triu(S + 1)", "torch_attention", "mla"),
    ("a mask aligned to the first token", "attention", ".triu(S - T + 1)", ".triu(1)", "torch_attention", "mla"),
    (
        "W^UK transposed",
        "attention",
        "self.up_k.weight.view(c.heads, c.head, c.latent)",
        "self.up_k.weight.view(c.heads, c.latent, c.head).transpose(1, 2)",
        "torch_attention",
        "mla",
    ),
    (
        "W^UV transposed",
        "attention",
        "self.up_v.weight.view(c.heads, c.value, c.latent)",
        "self.up_v.weight.view(c.heads, c.latent, c.value).transpose(1, 2)",
        "torch_attention",
        "mla",
    ),
    (
        "W^UV of another head",
        "attention",
        "o_BHTX[..., : c.latent] @ up_v_HVC",
        "o_BHTX[..., : c.latent] @ up_v_HVC.flip(0)",
        "torch_attention",
        "mla",
    ),
    (
        "angles in bfloat16",
        "attention",
        "turns = positions_T[:, None] * base**-exponents",
        "turns = (positions_T[:, None] * base**-exponents).bfloat16().double()",
        "torch_attention",
        "rope",
    ),
    (
        "a head too many in the cache",
        "attention",
        "return ((1, self.latent + self.rotary),)",
        "return ((2, self.latent + self.rotary),)",
        "torch_attention",
        "cache",
    ),
    (
        "no renormalisation",
        "ngpt",
        "matrix.copy_(norm(matrix, axis))",
        "matrix.copy_(matrix)",
        "torch_language",
        "_ngpt",
    ),
    (
        "states that leave the sphere",
        "ngpt",
        "return norm(a + alpha * (b - a))",
        "return a + alpha * (b - a)",
        "torch_language",
        "_ngpt",
    ),
    (
        "logits that are no cosines",
        "ngpt",
        "self.head(h_BTD) * self.s_z()",
        "self.head(3 * h_BTD) * self.s_z()",
        "torch_language",
        "_ngpt",
    ),
]


def broken(file, there, mistaken):
    """Give a model's module with a mistake in it."""
    source = (PACKAGE / "models" / f"{file}.py").read_text()
    assert there in source, there
    module = types.ModuleType(file)
    sys.modules[file] = module
    exec(compile(source.replace(there, mistaken), file, "exec"), module.__dict__)


def tried(module, trial):
    """Run a trial on whatever models are loaded."""
    for name in ("train", "torch_attention", "torch_language"):
        sys.modules.pop(name, None)
    function = getattr(importlib.import_module(module), trial)
    figures = []
    try:
        figures.extend(function())
    except Exception as error:  # noqa: BLE001
        return {"error": f"{type(error).__name__}: {error}"[:200], "figures": []}
    return {"error": "", "figures": figures}


def main():
    """Print what came of every mistake."""
    outcome = {}
    for what, file, there, mistaken, module, trial in MISTAKES:
        harness.TRIALS.clear()
        broken(file, there, mistaken)
        outcome[what] = tried(module, trial)
        sys.modules.pop(file)
    print(json.dumps(outcome))


main()
