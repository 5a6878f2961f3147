# The demonstration: a generated world in which taste depends on category and meal time, and three schemas that know more and
# more of it. Ends with what the best possible model would reach there.
#   make -f pipelines/demo.mk OUT=out/demo SEEDS=5
OUT      ?= out/demo
SEEDS    ?= 5
K        := 10
SLICES   ?= meal_time category activity popularity
WORLD    ?= --seed 1
REVIEWS  := $(OUT)/visits.csv
ITEMS    := $(OUT)/stores.csv
FEATURES := --time visited_at --zone +09:00 --add meal_time
SCHEMA   := $(foreach n,baseline category meal_time,$(dir $(lastword $(MAKEFILE_LIST)))schemas/demo/$n.schema)

all: table
	@echo
	@echo "The best that any model could reach in this world, with and without knowing the meal time:"
	@awk -F'\t' '$$3 == 10 || $$2 == 10 { printf "  %-32s %.4f\n", $$1 "@" $$2, $$3 }' $(OUT)/oracle.tsv

include $(dir $(lastword $(MAKEFILE_LIST)))run.mk

table: $(OUT)/oracle.tsv

$(OUT)/visits.csv:
	@mkdir -p $(OUT)
	tt-gen $(WORLD) --stores $(ITEMS) -o $@

$(ITEMS): $(OUT)/visits.csv

$(OUT)/oracle.tsv:
	@mkdir -p $(OUT)
	@tt-gen $(WORLD) --oracle -o $@
