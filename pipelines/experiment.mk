# The flow that all pipelines share: for each schema and seed encode, train, embed, index, query and evaluate; then report.mk
# puts it together: one table of metrics, one printed table, a report and plots. Included by a pipeline after it has said where
# the parts are:
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
# Each schema is trained until it is no better: a schema with a context asks more queries and takes more steps an epoch, so that
# after a fixed number of epochs it would be ahead of one that needs more of them, whatever the context is worth. Without VALID
# the epochs are chosen on an eighth of each user's training events, and then all are trained on.
# Beside the schemas two lists without learning are judged, "popular" and "own_frequent" (reference.sh).
# Settings are kept in OUT/*.settings, and what they change is made again when they change.

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
empty :=
comma := ,
ks    := $(subst $(comma), ,$K)
TABLE ?= top_k_accuracy $(firstword $(filter 10,$(ks)) $(ks))
SEEN  ?= keep
ALSO  ?= none
NEW   ?= no
SLICES ?= activity popularity
JOBS  ?= 0
CONVERGE ?= --epochs 64 --patience 16
longest := $(lastword $(ks))
seeds := $(shell seq '$(SEEDS)' 2>/dev/null)
names := $(basename $(notdir $(SCHEMAS)))
runs  := $(foreach n,$(names),$(foreach s,$(seeds),$n.seed$s))
also  := $(filter-out $(SEEN),$(filter keep remove,$(ALSO)) $(if $(filter yes,$(NEW)),remove))
also  := $(sort $(also))
new   := $(filter yes,$(NEW))
AGAINST ?= first $(if $(word 3,$(names)),previous)
# What is judged: how the lists are made, or by which events.
judged := $(SEEN) $(if $(new),new)
sides := $(if $(ITEMS),--items '$(ITEMS)') $(if $(USERS),--users '$(USERS)')
# A part without rows cannot validate: the last of tt-train's own epochs is then taken.
has_rows = test "$$$$(head -n 2 '$1' | wc -l)" -eq 2
# How long a schema of the name $1 is trained.
how_long = $(if $(VALID),$$$$($(call has_rows,$(VALID)) && echo --valid '$(OUT)/$1.valid.tt' $(CONVERGE)),$(if $(strip $(CONVERGE)),--valid-share 0.125 $(CONVERGE)))
# The name of an id column in the first schema: $1 user or item.
id_of  = $(shell sed -nE 's/^[[:blank:]]*$1[[:blank:]]+("([^"]*)"|([^"[:blank:]]+))[[:blank:]]+id([[:space:]].*)?$$/\2\3/p' '$(firstword $(SCHEMAS))' | head -n 1)

# ---- what would only fail later, or worse, not fail ----

need_one = $(if $(filter-out 0 1,$(words $($1))),$(error $1: a name with blanks cannot be used here: '$($1)'))
need_of  = $(if $(filter-out $2,$($1)),$(error $1: '$(filter-out $2,$($1))' is not one of $2))
$(foreach v,OUT TRAIN TEST VALID ITEMS USERS,$(call need_one,$v))
$(foreach s,$(SCHEMAS),$(if $(wildcard $s),,$(error no schema '$s')))
$(if $(filter-out $(words $(sort $(names))),$(words $(names))),$(error two schemas have the same file name: $(SCHEMAS)))
$(foreach c,' " $$ % : = ; * ? [ \ \#,$(if $(findstring $c,$(SCHEMAS)),$(error the name of a schema cannot have '$c' in it: $(SCHEMAS))))
$(foreach c,' " $$ % = : ; * ? [ \ \# /,$(if $(findstring $c,$(SLICES)),$(error SLICES: a column with '$c' in its name cannot be used here: $(SLICES))))
$(foreach n,$(filter popular own_frequent,$(names)),$(error '$n' is what lists without learning are called: use another name for the schema))
$(if $(seeds),,$(error SEEDS: '$(SEEDS)' is not a whole number from 1 up))
$(call need_of,SEEN,keep remove)
$(call need_of,ALSO,keep remove none)
$(call need_of,NEW,yes no)
$(call need_of,AGAINST,first previous all)
$(if $(strip $(AGAINST)),,$(error AGAINST: one or more of first previous all))
metric_names := top_k_accuracy recall precision ndcg mrr hit_rate map
$(if $(filter $(metric_names),$(word 1,$(TABLE))),,$(error TABLE: '$(word 1,$(TABLE))' is not one of $(metric_names)))
$(if $(filter $(ks),$(word 2,$(TABLE))),,$(error TABLE: '$(word 2,$(TABLE))' is not one of K=$K))

# $1: name, $2: text. OUT/NAME.settings gets another time stamp only when the text is another one.
define settings
$(shell mkdir -p '$(OUT)')
$(file >$(OUT)/$1.settings.new,$2)
$(shell cd '$(OUT)' && if cmp -s $1.settings.new $1.settings; then rm $1.settings.new; else mv $1.settings.new $1.settings; fi)
endef
$(call settings,encode,$(TRAIN) $(VALID) $(sides))
$(call settings,train,$(CONVERGE) $(TRAIN_OPTIONS))
$(call settings,lists,$(TEST) $K $(QUERY_OPTIONS))
$(call settings,judge,$(TEST) $K $(SLICES) $(if $(SLICES),$(ITEMS) $(USERS)))

.PHONY: all table report files
all: table

# $1: schema file, $2: its name
define schema_rules
$(OUT)/$2.tt: $1 $(TRAIN) $(ITEMS) $(USERS) $(OUT)/encode.settings
	tt-encode -s '$1' $(sides) -o '$$@' '$(TRAIN)'
$(OUT)/$2.valid.tt: $(OUT)/$2.tt $(VALID)
	tt-encode --like '$$<' -o '$$@' '$(VALID)'
endef

# $1: the schema's name, $2: seed
define run_rules
$(OUT)/$1.seed$2.model.tt: $(OUT)/$1.tt $(if $(VALID),$(OUT)/$1.valid.tt) $(OUT)/train.settings $(if $(SLICES),| $(OUT)/slices.options)
	tt-train -q -j $(JOBS) --seed $2 $(call how_long,$1) $(TRAIN_OPTIONS) --log '$(OUT)/$1.seed$2.log.tsv' -o '$$@' '$$<'
$(OUT)/$1.seed$2.items.tt: $(OUT)/$1.seed$2.model.tt $(or $(ITEMS),$(TRAIN))
	tt-encode -q --like '$$<' --side item '$(or $(ITEMS),$(TRAIN))' | tt-embed -q -j $(JOBS) '$$<' | tt-index -q -o '$$@'
$(OUT)/$1.seed$2.users.tt: $(OUT)/$1.seed$2.model.tt $(TEST) $(USERS)
	tt-encode -q --like '$$<' --side user $(if $(USERS),--users '$(USERS)') '$(TEST)' | tt-embed -q -j $(JOBS) -o '$$@' '$$<'
$(foreach how,$(SEEN) $(also),$(call list_rules,$1.seed$2,$(how)))
endef

# $1: run, $2: keep or remove
define list_rules

$(OUT)/$1.$2.recs.tsv: $(OUT)/$1.items.tt $(OUT)/$1.users.tt $(OUT)/lists.settings
	tt-query -q -j $(JOBS) -k $(longest) $(if $(filter remove,$2),--seen '$(TRAIN)') $(QUERY_OPTIONS) -o '$$@' '$(OUT)/$1.items.tt' '$(OUT)/$1.users.tt'
$(call eval_rule,$1,$2,$2,$(if $(filter $(SEEN),$2),$(SLICES)))
$(if $(new),$(if $(filter remove,$2),$(call eval_rule,$1,new,remove)))
endef

# $1: run, $2: keep, remove or new, $3: which lists, $4: slices
define eval_rule

$(addprefix $(OUT)/$1.$2.,metrics.tsv per_query.tsv $(if $4,slices.tsv per_event.tsv)) &: $(OUT)/$1.$3.recs.tsv $(TEST) $(OUT)/judge.settings $(if $(filter new,$2)$4,$(TRAIN)) $(if $4,$(OUT)/slices.options)
	tt-eval -q -j $(JOBS) -k $K --short --run '$1$(if $(filter-out $(SEEN),$2),.$2)' $(if $(filter new,$2),--new '$(TRAIN)') $(if $4,$$$$(cat '$(OUT)/slices.options') --slices '$(OUT)/$1.$2.slices.tsv' --per-event '$(OUT)/$1.$2.per_event.tsv') --per-query '$(OUT)/$1.$2.per_query.tsv' --truth '$(TEST)' -o '$(OUT)/$1.$2.metrics.tsv' '$$<'
endef

# $1: popular or own_frequent, $2: keep or remove
define reference_rules
$(OUT)/$1.$2.recs.tsv: $(OUT)/$(firstword $(names)).tt $(TEST) $(OUT)/lists.settings
	@sh '$(HERE)/reference.sh' $(firstword $(subst _, ,$1)) '$$<' '$(user_id)' '$(item_id)' $(longest) $2 '$(TEST)' > '$$@.tmp'
	@mv '$$@.tmp' '$$@'
$(call eval_rule,$1,$2,$2)
$(if $(new),$(if $(filter remove,$2),$(call eval_rule,$1,new,remove)))
endef
user_id := $(call id_of,user)
item_id := $(call id_of,item)
references := popular $(if $(filter keep,$(SEEN)),own_frequent)

$(foreach s,$(SCHEMAS),$(eval $(call schema_rules,$s,$(basename $(notdir $s)))))
$(foreach n,$(names),$(foreach s,$(seeds),$(eval $(call run_rules,$n,$s))))
$(foreach r,$(references),$(eval $(call reference_rules,$r,$(SEEN))))
$(if $(new),$(if $(filter keep,$(SEEN)),$(eval $(call reference_rules,popular,remove))))

# A slice that no file has is refused before anything is trained.
$(OUT)/slices.options: $(TEST) $(ITEMS) $(USERS) $(OUT)/judge.settings
	@sh '$(HERE)/report/slice_options.sh' '$(TRAIN)' '$(TEST)' '$(ITEMS)' '$(USERS)' '$(user_id)' '$(item_id)' $(SLICES) > '$@.tmp'
	@mv '$@.tmp' '$@'

include $(HERE)/report.mk
