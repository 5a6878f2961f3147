# MovieLens 100K: do genres, age, gender and occupation help? Every rating counts as an event.
#   make -f pipelines/ml-100k.mk DATA=folder OUT=out/ml-100k [PART=valid]
# DATA holds ratings.csv, movies.csv and users.csv, or the same with .zst. The last fifth of each user's ratings by time is the
# test part; PART=valid evaluates on the last eighth of the training part instead.
DATA ?= $(error DATA=folder is needed)
OUT  ?= out/ml-100k
PART ?= test
here := $(dir $(lastword $(MAKEFILE_LIST)))
SCHEMAS := $(foreach n,baseline genres genres_people,$(here)schemas/ml-100k/$n.schema)
TRAIN := $(OUT)/$(if $(filter valid,$(PART)),fit,train).csv
TEST  := $(OUT)/$(PART).csv
ITEMS := $(OUT)/movies.csv
USERS := $(OUT)/users.csv
SEEN  ?= remove
PARTS := the last $(if $(filter valid,$(PART)),eighth of the training part of each user's ratings is evaluated,fifth of each user's ratings is the test part), by time
split  = tt-split --user user_id --item movie_id --order timestamp

include $(here)experiment.mk
include $(here)data.mk
$(foreach f,ratings movies users,$(eval $(call copy_rule,$f.csv,ml-100k)))

$(OUT)/train.csv $(OUT)/test.csv &: $(OUT)/ratings.csv
	$(split) --last-share 0.2 --train $(OUT)/train.csv --test $(OUT)/test.csv $<

$(OUT)/fit.csv $(OUT)/valid.csv &: $(OUT)/train.csv
	$(split) --last-share 0.125 --train $(OUT)/fit.csv --test $(OUT)/valid.csv $<
