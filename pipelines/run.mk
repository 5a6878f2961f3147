# The whole flow on your own files: split, then experiment.mk for one or more schemas.
#   make -f pipelines/run.mk REVIEWS=reviews.csv ITEMS=stores.csv SCHEMA=my.schema OUT=out
#
#   REVIEWS  events, CSV or TSV               ITEMS, USERS  attributes (may be left out)
#   SCHEMA   one or more schema files; the first is what the others are compared with
#   FEATURES options of tt-feature, to add columns first: FEATURES='--time visited_at --zone Asia/Seoul'
#   SPLIT    options of tt-split: the last fifth of each user's events is the test part, in the order of the schema's time
#            column when it has one, else of the file; an eighth of the rest validates
REVIEWS ?= $(error REVIEWS=reviews.csv is needed)
SCHEMA  ?= $(error SCHEMA=my.schema is needed)
OUT     ?= out/run
SCHEMAS := $(SCHEMA)
column   = $(shell awk '$$1 == "$1" && $$3 == "$2" { gsub(/"/, "", $$2); print $$2; exit }' $(firstword $(SCHEMAS)))
user_id := $(call column,user,id)
item_id := $(call column,item,id)
time    := $(call column,event,time)
SPLIT   ?= --last-share 0.2 --valid-share 0.125 --by '$(user_id)' --item '$(item_id)' $(if $(time),--order '$(time)')
TRAIN   := $(OUT)/train.csv
VALID   := $(OUT)/valid.csv
TEST    := $(OUT)/test.csv
events  := $(if $(FEATURES),$(OUT)/reviews.csv,$(REVIEWS))

include $(dir $(lastword $(MAKEFILE_LIST)))experiment.mk

$(OUT)/reviews.csv: $(REVIEWS)
	@mkdir -p $(OUT)
	tt-feature $(FEATURES) -o $@ $<

$(TRAIN) $(VALID) $(TEST) &: $(events)
	@mkdir -p $(OUT)
	tt-split $(SPLIT) --train $(TRAIN) --valid $(VALID) --test $(TEST) $<
