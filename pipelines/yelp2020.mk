# Yelp restaurants (2020) with cuisine and price: implicit feedback, split into train and test by its publisher.
#   make -f pipelines/yelp2020.mk DATA=folder OUT=out/yelp2020
# DATA holds train.csv, test.csv and items.csv, or the same with .zst. Lists leave out what a user has in train, as is usual
# there; the runs called .keep leave it in.
DATA ?= $(error DATA=folder is needed)
OUT  ?= out/yelp2020
here := $(dir $(lastword $(MAKEFILE_LIST)))
SCHEMAS := $(foreach n,baseline cuisine cuisine_price,$(here)schemas/yelp2020/$n.schema)
TRAIN := $(OUT)/train.csv
TEST  := $(OUT)/test.csv
ITEMS := $(OUT)/items.csv
SEEN  ?= remove
PARTS := as published
ALSO  ?= keep
# All schemas ask the same queries and take as many steps an epoch: tt-train's own number of epochs, in a third of the time.
CONVERGE ?=

include $(here)experiment.mk
include $(here)data.mk
$(foreach f,train test items,$(eval $(call copy_rule,$f.csv,yelp2020-restaurants)))
