"""Compute MLA and nGPT from the papers' equations, in NumPy's float64 and token by token, beside the reference models.

Run by a Python that has torch: `python mathematics.py FOLDER_OF_MODELS`. Shares no code with the models; prints one
JSON object of figures.
"""

import json
import sys

sys.path.insert(0, sys.argv[1])

import attention
import gpt
import ngpt
import numpy as np
import torch


def weights(model):
    """Give a model's parameters as arrays."""
    return {name: parameter.detach().double().numpy() for name, parameter in model.named_parameters()}


def apart(got, exact):
    """Give the relative distance of a tensor and an array."""
    got = got.detach().numpy()
    return float(np.linalg.norm(got - exact) / np.linalg.norm(exact))


def rotated(vector, position, base=10_000.0):
    """Turn pair i by position × base^(-2i/size), as complex numbers."""
    size = len(vector)
    turn = np.exp(1j * position * base ** (-np.arange(0, size, 2) / size))
    pairs = (vector[0::2] + 1j * vector[1::2]) * turn
    return np.stack([pairs.real, pairs.imag], -1).reshape(size)


def rms(vector, weight, epsilon=1e-6):
    """Give RMSNorm."""
    return vector / np.sqrt((vector**2).mean() + epsilon) * weight


def softmax(scores):
    """Give a distribution."""
    powers = np.exp(scores - scores.max())
    return powers / powers.sum()


def mla(c, w, h):
    """Give eq. 9 to 19 of arXiv 2405.04434, one token and one head after the other."""
    out = np.zeros((len(h), c.width))
    size = c.head + c.rotary
    latents = [rms(w["down_kv.weight"] @ x, w["norm_kv.weight"]) for x in h]
    shared = [rotated(w["to_kr.weight"] @ x, s) for s, x in enumerate(h)]
    for t, x in enumerate(h):
        query = w["up_q.weight"] @ rms(w["down_q.weight"] @ x, w["norm_q.weight"])
        heads = []
        for i in range(c.heads):
            own = query[i * size : (i + 1) * size]
            up_k = w["up_k.weight"][i * c.head : (i + 1) * c.head]
            up_v = w["up_v.weight"][i * c.value : (i + 1) * c.value]
            q_r = rotated(own[c.head :], t)
            scores = [own[: c.head] @ (up_k @ latents[s]) + q_r @ shared[s] for s in range(t + 1)]
            share = softmax(np.array(scores) / np.sqrt(size))
            heads.append(sum(p * (up_v @ latents[s]) for s, p in enumerate(share)))
        out[t] = w["to_out.weight"] @ np.concatenate(heads)
    return out


def unit(vector):
    """Give Norm."""
    return vector / np.linalg.norm(vector)


def silu(x):
    """Give SiLU."""
    return x / (1 + np.exp(-x))


def sphere(c, w, tokens):
    """Give the logits of nGPT, eq. 3, 10, 11, 15, 16, 20 and 21 of arXiv 2410.01131, one token after the other."""
    h = [w["embed.weight"][token] for token in tokens]
    size = c.width // c.heads
    root = np.sqrt(c.width)
    for number in range(c.layers):
        p = {name.split(".", 2)[2]: value for name, value in w.items() if name.startswith(f"blocks.{number}.")}
        a_alpha = np.abs(p["alpha_attention.stored"] * c.alpha * root)
        m_alpha = np.abs(p["alpha_mlp.stored"] * c.alpha * root)
        s_qk = (p["s_qk.stored"] * root).reshape(c.heads, size)
        q, k = (
            [[unit(rotated((p[f"{what}.weight"] @ x).reshape(c.heads, size)[i], t)) * s_qk[i] for i in range(c.heads)]
             for t, x in enumerate(h)]
            for what in ("to_q", "to_k")
        )  # fmt: skip
        v = [(p["to_v.weight"] @ x).reshape(c.heads, size) for x in h]
        after = []
        for t, x in enumerate(h):
            heads = []
            for i in range(c.heads):
                share = softmax(np.sqrt(size) * np.array([q[t][i] @ k[s][i] for s in range(t + 1)]))
                heads.append(sum(part * v[s][i] for s, part in enumerate(share)))
            h_a = unit(p["to_out.weight"] @ np.concatenate(heads))
            x = unit(x + a_alpha * (h_a - x))
            u = p["to_u.weight"] @ x * p["s_u.stored"]
            gate = p["to_gate.weight"] @ x * p["s_v.stored"] * root
            h_m = unit(p["down.weight"] @ (u * silu(gate)))
            after.append(unit(x + m_alpha * (h_m - x)))
        h = after
    return np.array([w["head.weight"] @ x * w["s_z.stored"] * c.logit_scale * root for x in h])


def disturbed(model, seed):
    """Give a model in float64 whose vectors, too, are not where they started."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.mul_(1 + 0.2 * torch.randn(parameter.shape))
    return model.double()


def steps_apart(theta, alpha=0.3):
    """Give by how much LERP and SLERP differ for two unit vectors at an angle, in float64."""
    a = torch.tensor([1.0, 0.0], dtype=torch.float64)
    b = torch.tensor([np.cos(theta), np.sin(theta)], dtype=torch.float64)
    step = torch.tensor(alpha, dtype=torch.float64)
    exact = np.array([np.cos(alpha * theta), np.sin(alpha * theta)])
    slerped = ngpt.slerp(a, b, step)
    return float((ngpt.lerp(a, b, step) - slerped).norm()), apart(slerped, exact)


def main():
    """Print the figures."""
    figures = {}
    for form in ("expanded", "recomputed", "absorbed"):
        c = attention.PRESETS["tiny"]
        layer = disturbed(attention.build(c, form=form), 1)
        x = torch.randn(1, 9, c.width, dtype=torch.float64)
        figures[f"mla {form}"] = apart(layer(x)[0], mla(c, weights(layer), x[0].numpy()))
    c = ngpt.Config(width=16, heads=2, mlp=32, context=12, alpha=0.5)
    model = disturbed(ngpt.NGPT(c), 2)
    model.cos, model.sin = (table.double() for table in ngpt.angles(c.context, c.width // c.heads, c.base))
    tokens = torch.tensor([[3, 200, 7, 7, 45, 0, 255]])
    figures["ngpt"] = apart(model(tokens)[0], sphere(c, weights(model), tokens[0].tolist()))
    wide, exact_wide = steps_apart(0.1)
    narrow, exact_narrow = steps_apart(0.01)
    figures |= {"lerp - slerp, ratio": wide / narrow, "slerp": max(exact_wide, exact_narrow)}
    for preset in ("v2", "v2-lite"):
        layer = attention.build(attention.PRESETS[preset]) if preset == "v2-lite" else None
        count = sum(p.numel() for p in layer.parameters()) if layer else counted(attention.PRESETS[preset])
        figures[f"{preset} parameters of a layer"] = count
    figures["gpt parameters"] = sum(p.numel() for p in gpt.GPT(gpt.PRESETS["small"]).parameters())
    print(json.dumps(figures))


def counted(config):
    """Count the parameters of a layer that is too large to be made: its shapes alone are."""
    with torch.device("meta"):
        return sum(parameter.numel() for parameter in attention.build(config).parameters())


main()
