# The Yelp2018 benchmark of NGCF and LightGCN, or any other folder in its layout: accuracy against time.
#   make -f pipelines/yelp2018.mk DATA=folder OUT=out/yelp2018 [DIMS="128 256 512"]
# DATA holds train.csv and test.csv with the columns user_id and item_id, or the same with .zst. Full ranking, training items
# left out, means over the test users. Rows: a quick run, tt-train's defaults, and a long run; DIMS adds runs of more
# dimensions. Two protocols: "test unseen", whose every choice was made before the test part was read, and "best epoch on
# test", which published figures of this benchmark follow. No option is set for a data set: the rows differ in patience.
DATA ?= $(error DATA=folder is needed)
OUT  ?= out/yelp2018
K    ?= 20
JOBS ?= 0
DIMS ?=
here := $(dir $(lastword $(MAKEFILE_LIST)))
SCHEMA := $(here)schemas/yelp2018/history.schema
TRAIN_OPTIONS ?=
rows := quick default long $(DIMS:%=dim%)
options_quick := --epochs 2
options_default :=
options_long := --epochs 48
$(foreach d,$(DIMS),$(eval options_dim$d := --dim $d))

TT ?= $(here)../build/release/bin
export PATH := $(abspath $(TT)):$(PATH)
export LC_ALL := C
.DELETE_ON_ERROR:
.PHONY: all
all: $(OUT)/table.txt
	@cat $<

include $(here)data.mk
$(foreach f,train test,$(eval $(call copy_rule,$f.csv,yelp2018)))

# One run at a time, so that its seconds are its own. $1: row
define row_rules
$(OUT)/$1.metrics.tsv: $(OUT)/train.csv $(OUT)/test.csv $(SCHEMA)
	sh $(here)benchmark.sh $1 $(SCHEMA) $(OUT)/train.csv $(OUT)/test.csv $(OUT) $K $(JOBS) $(options_$1) $(TRAIN_OPTIONS)
$(OUT)/$1.best_on_test.metrics.tsv: $(OUT)/$1.metrics.tsv
	BEST=1 sh $(here)benchmark.sh $1.best_on_test $(SCHEMA) $(OUT)/train.csv $(OUT)/test.csv $(OUT) $K $(JOBS) $(options_$1) $(TRAIN_OPTIONS)
endef
$(foreach r,$(rows),$(eval $(call row_rules,$r)))
.NOTPARALLEL:

metrics := $(foreach r,$(rows),$(OUT)/$r.metrics.tsv $(OUT)/$r.best_on_test.metrics.tsv)
$(OUT)/metrics.tsv: $(metrics)
	@head -n 1 $(firstword $(metrics)) > $@.tmp
	@tail -q -n +2 $(metrics) >> $@.tmp
	@mv $@.tmp $@

$(OUT)/table.txt: $(OUT)/metrics.tsv $(here)benchmark_table.sh
	@sh $(here)benchmark_table.sh $(OUT) $K '$(rows)' > $@.tmp
	@mv $@.tmp $@
