# The flow that all pipelines share: for each schema and seed encode, train, embed, index, query and evaluate; then report.mk
# puts it together: one table of metrics, one printed table, a report and plots. The rules are here, their commands in
# experiment.sh. Included by a pipeline after it has said where the parts are:
#
#   OUT      folder of everything that is made
#   TRAIN    training events; TEST test events; VALID events to choose the best epoch by (may be empty)
#   SCHEMAS  schema files; the first one is what the others are compared with
#   ITEMS    attributes of items, and which items are listed; USERS attributes of users (both may be empty)
#   PARTS    in words, how the parts were made: for the report
#
# and, where the defaults do not suit:
#
#   SEEDS    how many seeds                        K      the k of the metrics, rising; lists are as long as the last
#   TABLE    metric and k of the printed table     SEEN   keep or remove each user's training items in the lists
#   AGAINST  first, previous or all: which schemas each is compared with. Two of them make two lists of comparisons
#   SLICES   what the test events are parted by: columns of TEST, ITEMS or USERS; activity, popularity, known (tt-eval)
#   ALSO     a second evaluation: keep, remove or none. Its runs are called NAME.seedN.keep or NAME.seedN.remove
#   NEW      yes: a further one, by the test events whose item is new to the user, of the lists without training items, with a
#            table of its own. Its runs are called NAME.seedN.new
#   CONVERGE options of tt-train for how long to train; none: its own, and without VALID the last epoch
#   TRAIN_OPTIONS, QUERY_OPTIONS  passed on          JOBS   threads of each program (several run at once with make -j)
#
# Each schema is trained until it gets no better: a schema with a context has more queries and takes more steps an epoch, so that
# after a fixed number of epochs it would be ahead of one that needs more of them, whatever the context is worth. Without VALID
# the epochs are chosen on an eighth of each user's training events, and then all are trained on.
# Beside the schemas two lists without learning are evaluated, "popular" and "own_frequent" (reference.sh).
# Settings are kept in OUT/*.settings, and what they change is made again when they change.

HERE := $(patsubst %/,%,$(dir $(lastword $(MAKEFILE_LIST))))
TT   ?= $(HERE)/../build/release/bin
export PATH := $(abspath $(TT)):$(PATH)
export LC_ALL := C
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
.SECONDARY:
.SECONDEXPANSION:

SEEDS ?= 3
K     ?= 10,20
empty :=
comma := ,
ks    := $(subst $(comma), ,$K)
TABLE ?= top_k_accuracy $(firstword $(filter 10,$(ks)) $(ks))
$(if $(word 3,$(TABLE)),$(error TABLE: '$(TABLE)' is not a metric and a k))
override TABLE := $(word 1,$(TABLE)) $(word 2,$(TABLE))
SEEN  ?= keep
ALSO  ?= none
NEW   ?= no
SLICES ?= activity popularity
JOBS  ?= 0
CONVERGE ?= --epochs 64 --patience 16
seeds := $(shell seq '$(SEEDS)' 2>/dev/null)
names := $(basename $(notdir $(SCHEMAS)))
runs  := $(foreach n,$(names),$(foreach s,$(seeds),$n.seed$s))
new   := $(filter yes,$(NEW))
also  := $(sort $(filter-out $(SEEN),$(filter keep remove,$(ALSO)) $(if $(new),remove)))
AGAINST ?= first $(if $(word 3,$(names)),previous)
# What has a table of its own: how the lists are made, or by which events they are evaluated.
tables := $(SEEN) $(if $(new),new)
references := popular $(if $(filter keep,$(SEEN)),own_frequent)
# What the steps read; QUIET with make -s.
export OUT TRAIN VALID TEST ITEMS USERS SCHEMAS PARTS SEEDS K TABLE SEEN SLICES JOBS CONVERGE TRAIN_OPTIONS QUERY_OPTIONS FEATURES
export QUIET := $(findstring s,$(firstword -$(MAKEFLAGS)))

# ---- what would only fail later, or worse, not fail ----

need_one = $(if $(filter-out 0 1,$(words $($1))),$(error $1: a name with blanks cannot be used here: '$($1)'))
need_of  = $(if $(filter-out $2,$($1)),$(error $1: '$(filter-out $2,$($1))' is not one of $2))
$(foreach v,OUT TRAIN TEST VALID ITEMS USERS,$(call need_one,$v))
$(foreach s,$(SCHEMAS),$(if $(wildcard $s),,$(error no schema '$s')))
$(if $(filter-out $(words $(sort $(names))),$(words $(names))),$(error two schemas have the same file name: $(SCHEMAS)))
special := ' " $$ % : = ; * ? [ \ \#
$(foreach c,$(special),$(if $(findstring $c,$(SCHEMAS)),$(error the name of a schema cannot have '$c' in it: $(SCHEMAS))))
$(foreach c,$(special) /,$(if $(findstring $c,$(SLICES)),$(error SLICES: a column with '$c' in its name cannot be used here: $(SLICES))))
$(foreach n,$(filter popular own_frequent,$(names)),$(error '$n' is what lists without learning are called: use another name for the schema))
$(if $(seeds),,$(error SEEDS: '$(SEEDS)' is not a whole number from 1 up))
$(call need_of,SEEN,keep remove)
$(call need_of,ALSO,keep remove none)
$(call need_of,NEW,yes no)
$(call need_of,AGAINST,first previous all)
$(if $(strip $(AGAINST)),,$(error AGAINST: one or more of first previous all))
metric_names := $(shell '$(TT)/tt-eval' --list-metrics | tail -n +2 | cut -f 1)
$(if $(metric_names),,$(error no programs in TT=$(TT): make builds them))
$(if $(filter $(metric_names),$(word 1,$(TABLE))),,$(error TABLE: '$(word 1,$(TABLE))' is not one of $(metric_names)))
$(if $(filter $(ks),$(word 2,$(TABLE))),,$(error TABLE: '$(word 2,$(TABLE))' is not one of K=$K))

# The name of the first schema's column on a side ($1) and of a kind ($2).
column_of = $(shell '$(TT)/tt-encode' --schema '$(firstword $(SCHEMAS))' --describe | \
	awk -F'\t' '$$1 == "$1" && $$3 == "$2" { print $$2; exit }')
export USER_COLUMN := $(call column_of,user,id)
$(if $(USER_COLUMN),,$(error $(firstword $(SCHEMAS)) is no schema, tt-schema(5)))
export ITEM_COLUMN := $(call column_of,item,id)
TIME_COLUMN := $(call column_of,event,time)

# $1: name, $2: text. OUT/NAME.settings gets another time stamp only when the text is another one.
define settings
$(shell mkdir -p '$(OUT)')
$(file >$(OUT)/$1.settings.new,$2)
$(shell cd '$(OUT)' && if cmp -s $1.settings.new $1.settings; then rm $1.settings.new; else mv $1.settings.new $1.settings; fi)
endef
$(call settings,encode,$(TRAIN) $(VALID) $(ITEMS) $(USERS))
$(call settings,train,$(CONVERGE) $(TRAIN_OPTIONS))
$(call settings,lists,$(TEST) $K $(QUERY_OPTIONS))
$(call settings,evaluate,$(TEST) $K $(SLICES) $(if $(SLICES),$(ITEMS) $(USERS)))

.PHONY: all table report files
all: table

# ---- from the parts to metrics ----

# A rule a step. $* is the name of what is made: of a schema; of a run, NAME.seedN; of lists, NAME.seedN.keep. Each one's
# $(basename $*) is the one before.
step := @bash '$(HERE)/experiment.sh'
$(foreach s,$(SCHEMAS),$(eval schema.$(basename $(notdir $s)) := $s))

$(names:%=$(OUT)/%.tt): $(OUT)/%.tt: $$(schema.$$*) $(TRAIN) $(ITEMS) $(USERS) $(OUT)/encode.settings
	$(step) encode '$<' '$*'

$(names:%=$(OUT)/%.valid.tt): $(OUT)/%.valid.tt: $(OUT)/%.tt $(VALID)
	$(step) encode_validation '$*'

$(runs:%=$(OUT)/%.model.tt): $(OUT)/%.model.tt: $(OUT)/$$(basename $$*).tt $(if $(VALID),$(OUT)/$$(basename $$*).valid.tt) \
		$(OUT)/train.settings $(if $(SLICES),| $(OUT)/slices.options)
	$(step) train '$*'

$(runs:%=$(OUT)/%.items.tt): %.items.tt: %.model.tt $(or $(ITEMS),$(TRAIN))
	$(step) index '$(*F)'

$(runs:%=$(OUT)/%.users.tt): %.users.tt: %.model.tt $(TEST) $(USERS)
	$(step) queries '$(*F)'

lists_of = $(foreach how,keep remove,$(foreach r,$1,$(OUT)/$r.$(how).recs.tsv))
$(call lists_of,$(runs)): $(OUT)/%.recs.tsv: $(OUT)/$$(basename $$*).items.tt $(OUT)/$$(basename $$*).users.tt $(OUT)/lists.settings
	$(step) list '$*'

$(call lists_of,popular own_frequent): $(OUT)/%.recs.tsv: $(OUT)/$(firstword $(names)).tt $(TEST) $(OUT)/lists.settings
	$(step) reference '$*'

# $1: run, $2: keep, remove or new, $3: its lists: keep or remove, $4: slices
define evaluate_rule
$(addprefix $(OUT)/$1.$2.,metrics.tsv per_query.tsv $(if $4,slices.tsv per_event.tsv)) &: $(OUT)/$1.$3.recs.tsv $(TEST) \
		$(OUT)/evaluate.settings $(if $(filter new,$2)$4,$(TRAIN)) $(if $4,$(OUT)/slices.options)
	$$(step) evaluate '$1' $2 $3 $(if $4,sliced)
endef
$(foreach r,$(runs),$(eval $(call evaluate_rule,$r,$(SEEN),$(SEEN),$(SLICES))))
$(foreach r,$(runs),$(foreach how,$(also),$(eval $(call evaluate_rule,$r,$(how),$(how)))))
$(foreach r,$(references),$(eval $(call evaluate_rule,$r,$(SEEN),$(SEEN))))
$(if $(new),$(foreach r,$(runs) popular,$(eval $(call evaluate_rule,$r,new,remove))))

# A slice that no file has is refused before anything is trained.
$(OUT)/slices.options: $(TEST) $(ITEMS) $(USERS) $(OUT)/evaluate.settings
	$(step) slice_options

include $(HERE)/report.mk
