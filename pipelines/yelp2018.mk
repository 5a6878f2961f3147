# The Yelp2018 benchmark of NGCF and LightGCN, or any other folder in its layout.
#   make -f pipelines/yelp2018.mk DATA=folder OUT=out/yelp2018
# DATA holds train.csv and test.csv with the columns user_id and item_id, or the same with .zst. Full ranking, training items
# left out, Recall@20 and NDCG@20 as means over the test users. No option is set here: all are
# tt-train's defaults, some of which come from trials on this benchmark that looked at its test part.
DATA ?= $(error DATA=folder is needed)
OUT  ?= out/yelp2018
here := $(dir $(lastword $(MAKEFILE_LIST)))
SCHEMAS := $(here)schemas/yelp2018/history.schema
TRAIN := $(OUT)/train.csv
TEST  := $(OUT)/test.csv
SEEDS ?= 1
K     ?= 20
TABLE ?= recall 20
SEEN  ?= remove

include $(here)experiment.mk
include $(here)data.mk
$(foreach f,train test,$(eval $(call copy_rule,$f.csv,yelp2018)))
