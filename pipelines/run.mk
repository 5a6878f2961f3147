# The whole flow on your own files: split, then experiment.mk for one or more schemas.
#   make -f pipelines/run.mk REVIEWS=reviews.csv ITEMS=stores.csv SCHEMA=my.schema OUT=out
# "make experiment" is this with the target "report".
#
#   REVIEWS  events, CSV or TSV (or .zst)     ITEMS, USERS  attributes (may be left out)
#   SCHEMA   one or more schema files; the first is what the others are compared with (SCHEMAS is the same)
#   FEATURES options of tt-feature, to add columns first: FEATURES='--time visited_at --zone Asia/Seoul'
#   SPLIT    options of tt-split: the last fifth of each user's events is the test part, in the order of the schema's time
#            column when it has one, else of the file; an eighth of the rest validates. Users with fewer than 5 events are
#            never tested
OUT     ?= out/run
$(if $(REVIEWS),,$(error REVIEWS=reviews.csv is needed: the events, CSV or TSV))
SCHEMAS ?= $(SCHEMA)
$(if $(strip $(SCHEMAS)),,$(error SCHEMA=my.schema is needed: which columns there are, tt-schema(5)))
$(if $(filter-out 1,$(words $(REVIEWS))),$(error REVIEWS: a name with blanks cannot be used here: '$(REVIEWS)'))
TRAIN   := $(OUT)/train.csv
VALID   := $(OUT)/valid.csv
TEST    := $(OUT)/test.csv
here    := $(dir $(lastword $(MAKEFILE_LIST)))
changed := $(or $(FEATURES),$(filter %.zst,$(REVIEWS)))
events  := $(if $(changed),$(OUT)/reviews.csv,$(REVIEWS))
# Inputs are never what is made: an input that lies where an output goes would be lost.
made    := $(foreach f,train valid test reviews,$(abspath $(OUT))/$f.csv $(realpath $(OUT))/$f.csv)
$(foreach f,$(REVIEWS) $(ITEMS) $(USERS),$(if $(filter $(made),$(abspath $f) $(realpath $f)),$(error '$f' is where a file of OUT=$(OUT) goes: use another OUT)))

# How the parts are made, in words, unless SPLIT says otherwise: the order is known below.
PARTS = $(if $(is_usual),the last fifth of each user's events$(if $(TIME_COLUMN),$(comma) by $(TIME_COLUMN)$(comma)) is the test part; an eighth of the rest validates,tt-split $(SPLIT))
is_usual := $(if $(filter undefined,$(origin SPLIT)),yes)
include $(here)experiment.mk
include $(here)data.mk

SPLIT   ?= --last-share 0.2 --valid-share 0.125 --user '$(USER_COLUMN)' --item '$(ITEM_COLUMN)' $(if $(TIME_COLUMN),--order '$(TIME_COLUMN)')
$(call settings,split,$(REVIEWS) $(FEATURES) $(SPLIT))

$(OUT)/reviews.csv: $(REVIEWS) $(OUT)/split.settings
	$(call text,$<) | $(if $(FEATURES),tt-feature $(FEATURES) -o '$@',cat > '$@')

$(TRAIN) $(VALID) $(TEST) &: $(events) $(OUT)/split.settings
	tt-split $(SPLIT) --train '$(TRAIN)' --valid '$(VALID)' --test '$(TEST)' '$<'
