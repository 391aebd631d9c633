# Makes the tiny models beside this file: further members of each family, with sizes and options
# that the golden models do not have. Needs torch 2.15.0 and transformers 5.23.0.
import json, os, sys
import torch
from safetensors.torch import save_file
import transformers as T

OUT = os.path.dirname(os.path.abspath(__file__))
torch.set_num_threads(1)
V = 48
common = dict(vocab_size=V, hidden_size=24, intermediate_size=28, num_hidden_layers=2,
              max_position_embeddings=64, initializer_range=0.15, bos_token_id=1, eos_token_id=2)
models = {
    "mistral-window": ("Mistral", dict(common, num_attention_heads=4, num_key_value_heads=2,
                                       head_dim=6, sliding_window=5), "f16"),
    "mixtral-5-experts": ("Mixtral", dict(common, intermediate_size=12, num_attention_heads=6,
                                          num_key_value_heads=3, num_local_experts=5,
                                          num_experts_per_tok=3, sliding_window=7), "f16"),
    "qwen2-window": ("Qwen2", dict(common, num_attention_heads=4, num_key_value_heads=1,
                                   use_sliding_window=True, sliding_window=6, max_window_layers=1,
                                   tie_word_embeddings=True), "bf16"),
    "qwen3-odd-heads": ("Qwen3", dict(common, num_attention_heads=5, num_key_value_heads=5,
                                      head_dim=10, attention_bias=True,
                                      tie_word_embeddings=False), "bf16"),
    "llama-llama3-rope": ("Llama", dict(common, num_attention_heads=8, num_key_value_heads=2,
                                        head_dim=12, attention_bias=True, mlp_bias=True,
                                        tie_word_embeddings=True,
                                        rope_parameters=dict(rope_type="llama3", rope_theta=500000.0,
                                                             factor=8.0, low_freq_factor=1.0,
                                                             high_freq_factor=4.0,
                                                             original_max_position_embeddings=16)),
                         "shards"),
    "llama-linear-rope": ("Llama", dict(common, hidden_size=33, num_attention_heads=3, num_key_value_heads=1,
                                        head_dim=16, hidden_act="gelu",
                                        rope_parameters=dict(rope_type="linear", rope_theta=1000.0,
                                                             factor=4.0)), "f16"),
    "llama-yarn-rope": ("Llama", dict(common, num_attention_heads=4, num_key_value_heads=4,
                                      rope_parameters=dict(rope_type="yarn", rope_theta=10000.0,
                                                           factor=4.0,
                                                           original_max_position_embeddings=16)),
                        "bf16"),
    "gpt2-options": ("GPT2", dict(vocab_size=V, n_embd=21, n_head=3, n_layer=2, n_positions=64,
                                  n_inner=34, initializer_range=0.15,
                                  scale_attn_by_inverse_layer_idx=True, activation_function="gelu",
                                  bos_token_id=1, eos_token_id=2), "bf16"),
    "opt-post-norm": ("OPT", dict(vocab_size=V, hidden_size=24, ffn_dim=28, num_hidden_layers=2,
                                  num_attention_heads=2, max_position_embeddings=64,
                                  word_embed_proj_dim=24, init_std=0.15, dropout=0,
                                  do_layer_norm_before=False, pad_token_id=1), "f16"),
    "opt-no-bias": ("OPT", dict(vocab_size=V, hidden_size=24, ffn_dim=28, num_hidden_layers=1,
                                num_attention_heads=4, max_position_embeddings=64,
                                word_embed_proj_dim=24, init_std=0.15, dropout=0,
                                enable_bias=False, pad_token_id=1), "bf16"),
    "opt-projected": ("OPT", dict(vocab_size=V, hidden_size=24, ffn_dim=28, num_hidden_layers=1,
                                  num_attention_heads=3, max_position_embeddings=32,
                                  word_embed_proj_dim=10, init_std=0.15, dropout=0,
                                  pad_token_id=1), "f16"),
}
heads = {"Mistral": "MistralForCausalLM", "Mixtral": "MixtralForCausalLM",
         "Qwen2": "Qwen2ForCausalLM", "Qwen3": "Qwen3ForCausalLM", "Llama": "LlamaForCausalLM",
         "GPT2": "GPT2LMHeadModel", "OPT": "OPTForCausalLM"}
types = {"f32": torch.float32, "f16": torch.float16, "bf16": torch.bfloat16}

for seed, (name, (family, options, storage)) in enumerate(models.items()):
    if len(sys.argv) > 1 and name not in sys.argv[1:]:
        continue
    directory = os.path.join(OUT, name)
    torch.manual_seed(5000 + seed)
    config = getattr(T, family + "Config")(**options)
    config._attn_implementation = "eager"
    config._experts_implementation = "eager"
    model = getattr(T, heads[family])(config).eval()
    generator = torch.Generator().manual_seed(6000 + seed)
    with torch.no_grad():  # norms and biases that show when they are forgotten
        for key, parameter in model.named_parameters():
            if parameter.dim() == 1:
                parameter.add_(0.2 * torch.randn(parameter.shape, generator=generator))
    dtype = types.get(storage, torch.float32)
    model = model.to(dtype)
    extra = dict(max_shard_size="16KB") if storage == "shards" else {}
    model.save_pretrained(directory, **extra)
    if os.path.exists(os.path.join(directory, "generation_config.json")):
        os.remove(os.path.join(directory, "generation_config.json"))
    # The stored weights in binary64 arithmetic; rotary frequencies stay those of binary32.
    model = type(model).from_pretrained(
        directory, dtype=torch.float32, attn_implementation="eager",
        experts_implementation="eager").eval().double()
    ids = torch.randint(3, V, (2, 24), generator=generator)
    with torch.no_grad():
        logits = model(ids).logits
        cur, greedy = ids, []
        for _ in range(8):
            step = model(cur).logits[:, -1]
            top = step.topk(2, -1).values
            assert (top[:, 0] - top[:, 1]).min() > 1e-3, (name, "ambiguous greedy token")
            greedy.append(step.argmax(-1, keepdim=True))
            cur = torch.cat([cur, greedy[-1]], 1)
    save_file(dict(input_ids=ids, logits=logits.float().contiguous(),
                   greedy_ids=torch.cat(greedy, 1).contiguous()),
              os.path.join(directory, "reference.safetensors"))
    size = sum(os.path.getsize(os.path.join(directory, f)) for f in os.listdir(directory))
    print(name, size, sorted(os.listdir(directory)))
