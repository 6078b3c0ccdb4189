"""A run directory filled stage by stage, by one process or several.

runs/lyric2melody/1/
  recipe.yaml  environment.json  data.json  log.jsonl  tensorboard/
  generator/ renderer/     checkpoints/, best.weights.h5, stage.json (the contract of Y′), done.json
  finetune/                the same of a renderer trained further, and reps/, the predicted Y′ it is trained on
  samples/                 held-out inputs as the trained stages render them
"""
