# Foursquare check-ins in New York, root category Food: do category, meal time and place help?
#   make -f pipelines/foursquare.mk DATA=folder OUT=out/foursquare [PART=valid]
# DATA holds checkins.csv or checkins.csv.zst. The last fifth of each user's check-ins is the test part. PART=valid leaves that
# alone and evaluates on the last eighth of the training part instead: what settings are chosen on.
# The place of a user is that of their last check-in before, of the same week and any root category: it is known when they ask.
# A second table is by the events at venues that are new to the user.
DATA ?= $(error DATA=folder is needed)
OUT  ?= out/foursquare
PART ?= test
here := $(dir $(lastword $(MAKEFILE_LIST)))
source  := $(firstword $(wildcard $(DATA)/checkins.csv $(DATA)/checkins.csv.zst $(DATA)/foursquare-nyc-193/checkins.csv.zst))
SCHEMAS := $(foreach n,baseline category meal_time place,$(here)schemas/foursquare/$n.schema)
ITEMS   := $(OUT)/food.csv
TRAIN   := $(OUT)/$(if $(filter valid,$(PART)),fit,train).csv
TEST    := $(OUT)/$(PART).csv
ALSO    ?= remove
NEW     ?= yes
SLICES  ?= meal_time hour activity popularity known
PARTS   := the last $(if $(filter valid,$(PART)),eighth of the training part of each user's check-ins is evaluated,fifth of each user's check-ins is the test part), by week and order
CELLS   := 250,1000,4000
split    = tt-split --user user_id --item venue_id --order week_id,seq

include $(here)experiment.mk
include $(here)data.mk

$(ITEMS): $(source)
	@$(call need_data,$(source),checkins.csv)
	@mkdir -p $(OUT)
	$(call text,$(source)) | tt-feature --cell latitude,longitude=$(CELLS) | \
	tt-feature --previous $(subst $(comma),$(comma)cell_,cell_$(CELLS)) --by user_id,week_id | \
	tt-feature --where root_category=Food --hour hour --add meal_time -o $@

$(OUT)/train.csv $(OUT)/test.csv &: $(ITEMS)
	$(split) --last-share 0.2 --train $(OUT)/train.csv --test $(OUT)/test.csv $<

$(OUT)/fit.csv $(OUT)/valid.csv &: $(OUT)/train.csv
	$(split) --last-share 0.125 --train $(OUT)/fit.csv --test $(OUT)/valid.csv $<
