"""Deep value networks: which text classifier to train on a task, before any is trained.

| module                     | the idea of Kokiopoulou et al. (2019) it holds           |
| -------------------------- | -------------------------------------------------------- |
| `dvn.data`                 | a task's labelled samples, D_k (eq. 2)                   |
| `dvn.embeddings`           | the pretrained modules a child starts from (section 3.4) |
| `dvn.architecture`         | the relaxed encoding u of an architecture (section 3.4)  |
| `dvn.metafeatures`         | the hand-made part of z (section 3.1)                    |
| `dvn.training`             | child models and their score v* (eq. 3)                  |
| `dvn.value_network`        | v(u, z) (eq. 1) and Algorithm 1                          |
| `dvn.architecture_inference` | Algorithm 2                                            |
| `dvn.evaluation`           | leave-one-out studies (section 5)                        |

Tensor dimensions: `tasks`, `texts`, `classes`, `features`, `starts`, `members` (of an
ensemble), `logits` (the relaxed encoding's width), `samples` (of one task, for the set encoder), `runs`
(recorded), `forms` (one for all tasks, then one for each task feature that moves it).
"""
