import sys, torch, re
src = open("core.py").read().rsplit("main()", 1)[0]; exec(src)
def wilson(k, n=10000, z=1.96):
    p = k / n; c = (p + z*z/2/n) / (1 + z*z/n); h = z * math.sqrt(p*(1-p)/n + z*z/4/n/n) / (1 + z*z/n); return f"[{100*(c-h):.2f}, {100*(c+h):.2f}]"
X, Y = images("t10k-images-idx3-ubyte").float() / 255, labels("t10k-labels-idx1-ubyte")
for name in sys.argv[1:]:
    for s in range(3):
        k = torch.load(f"ck/{name}_{s}.pt"); net, macs, params = build(k["args"]["net"]); net.load_state_dict(k["state"])
        a, l = evaluate(net, (X - k["mean"]) / k["std"], Y, 0)
        print(name, s, f"val {100*k['val']:.2f} vloss {k['vloss']:.4f} TEST {100*a:.2f} {wilson(round(a*10000))} loss {l:.4f} params {params} macs {macs} mean {k['mean']:.4f} std {k['std']:.4f} train {k['train_s']:.0f}s", flush=True)
