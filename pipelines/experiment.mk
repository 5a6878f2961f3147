# The flow that all pipelines share: for each schema and seed encode, train, embed, index, query and evaluate; then one table
# of metrics, one printed table, and the plots. Included by a pipeline after it has said where the parts are:
#
#   OUT      folder of everything that is made
#   TRAIN    training events; TEST test events; VALID events to choose the best epoch by (may be empty)
#   SCHEMAS  schema files; the first one is what the others are compared with
#   ITEMS    attributes of items, and which items are listed; USERS attributes of users (both may be empty)
#
# and, where the defaults do not suit:
#
#   SEEDS    how many seeds                        K      the k of the metrics; lists are as long as the largest
#   TABLE    metric and k of the printed table     SEEN   keep or remove each user's training items in the lists
#   ALSO     a second evaluation: keep, remove or none. Its runs are called NAME.seedN.keep or NAME.seedN.remove
#   TRAIN_OPTIONS, QUERY_OPTIONS  passed on          JOBS   threads of each program (several run at once with make -j)

HERE := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
TT   ?= $(HERE)/../build/release/bin
export PATH := $(abspath $(TT)):$(PATH)
export LC_ALL := C
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:

SEEDS ?= 3
K     ?= 10,20
TABLE ?= top_k_accuracy 10
SEEN  ?= keep
ALSO  ?= none
JOBS  ?= 0
empty :=
comma := ,
longest := $(lastword $(subst $(comma), ,$K))
seeds := $(shell seq $(SEEDS))
names := $(basename $(notdir $(SCHEMAS)))
runs  := $(foreach n,$(names),$(foreach s,$(seeds),$n.seed$s))
also  := $(filter keep remove,$(ALSO))
sides := $(if $(ITEMS),--items $(ITEMS)) $(if $(USERS),--users $(USERS))
VPATH :=

.PHONY: all table
all: table

# $1: schema file, $2: its name
define schema_rules
$(OUT)/$2.tt: $1 $(TRAIN) $(ITEMS) $(USERS)
	tt-encode -s $1 $(sides) -o $$@ $(TRAIN)
$(OUT)/$2.valid.tt: $(OUT)/$2.tt $(VALID)
	tt-encode --like $$< -o $$@ $(VALID)
endef

# $1: the schema's name, $2: seed
define run_rules
$(OUT)/$1.seed$2.model.tt: $(OUT)/$1.tt $(if $(VALID),$(OUT)/$1.valid.tt)
	tt-train -q -j $(JOBS) --seed $2 $(if $(VALID),--valid $(OUT)/$1.valid.tt) $(TRAIN_OPTIONS) --log $(OUT)/$1.seed$2.log.tsv -o $$@ $$<
$(OUT)/$1.seed$2.items.tt: $(OUT)/$1.seed$2.model.tt $(or $(ITEMS),$(TRAIN))
	tt-encode -q --like $$< --side item $(or $(ITEMS),$(TRAIN)) | tt-embed -j $(JOBS) $$< | tt-index -q -o $$@
$(OUT)/$1.seed$2.users.tt: $(OUT)/$1.seed$2.model.tt $(TEST) $(USERS)
	tt-encode -q --like $$< --side user $(if $(USERS),--users $(USERS)) $(TEST) | tt-embed -j $(JOBS) -o $$@ $$<
$(foreach how,$(SEEN) $(also),$(call list_rules,$1.seed$2,$(how)))
endef

# $1: run, $2: keep or remove
define list_rules

$(OUT)/$1.$2.recs.tsv: $(OUT)/$1.items.tt $(OUT)/$1.users.tt
	tt-query -q -j $(JOBS) -k $(longest) $(if $(filter remove,$2),--seen $(TRAIN)) $(QUERY_OPTIONS) -o $$@ $$^
$(OUT)/$1.$2.metrics.tsv: $(OUT)/$1.$2.recs.tsv $(TEST)
	tt-eval -q -j $(JOBS) -k $K --short --run $1$(if $(filter-out $(SEEN),$2),.$2) --truth $(TEST) --replicates $(OUT)/$1.$2.replicates.tsv -o $$@ $$<
endef

$(foreach s,$(SCHEMAS),$(eval $(call schema_rules,$s,$(basename $(notdir $s)))))
$(foreach n,$(names),$(foreach s,$(seeds),$(eval $(call run_rules,$n,$s))))

# metrics.tsv: one header, then the runs in the order of schemas and seeds.
metrics := $(foreach how,$(SEEN) $(also),$(runs:%=$(OUT)/%.$(how).metrics.tsv))
$(OUT)/metrics.tsv: $(metrics)
	@head -n 1 $(firstword $(metrics)) > $@.tmp
	@tail -q -n +2 $(metrics) >> $@.tmp
	@mv $@.tmp $@

$(OUT)/table.txt: $(OUT)/metrics.tsv $(HERE)/table.sh
	@sh $(HERE)/table.sh $(OUT) '$(names)' '$(seeds)' $(SEEN) $(TABLE) > $@.tmp
	@mv $@.tmp $@

models := $(runs:%=$(OUT)/%.model.tt)
plots  := $(OUT)/loss.svg $(OUT)/loss.png $(OUT)/accuracy.svg $(OUT)/accuracy.png
$(plots) &: $(models) $(HERE)/plot.gp
	@gnuplot -e "out='$(OUT)'; names='$(names)'; seeds='$(seeds)'; valid=$(if $(VALID),1,0)" $(HERE)/plot.gp

table: $(OUT)/table.txt $(plots)
	@cat $(OUT)/table.txt
	@echo
	@echo "All figures: $(OUT)/metrics.tsv. Plots: $(plots)"
