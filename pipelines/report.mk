# From metrics to an answer: metrics.tsv, table.txt, report.tsv, report.txt, report.html and the plots. Included by experiment.mk,
# which says what the variables mean. tt-eval and tt-compare compute all figures; what is here averages them over the seeds, joins
# files and lays out text. The commands are in report.sh.

# What is in the report's words and not in its files.
PARTS ?= as given
$(call settings,report,$(foreach v,SCHEMAS SEEDS SEEN ALSO NEW TABLE AGAINST SLICES PARTS FEATURES CONVERGE TRAIN_OPTIONS QUERY_OPTIONS,$($v)))

export METRIC_NAMES := $(metric_names)
export TABLES := $(tables)
report := @bash '$(HERE)/report.sh'
# Behind a step that prints its target.
into    = >'$@.tmp' && mv '$@.tmp' '$@'
quoted  = $(foreach f,$1,'$f')

# metrics.tsv: the runs in the order of schemas and seeds, then the references.
metrics := $(foreach how,$(SEEN) $(also) $(new:yes=new),$(runs:%=$(OUT)/%.$(how).metrics.tsv)) \
	$(references:%=$(OUT)/%.$(SEEN).metrics.tsv) $(if $(new),$(OUT)/popular.new.metrics.tsv)
$(OUT)/metrics.tsv: $(metrics) $(OUT)/report.settings
	$(report) join $(call quoted,$(metrics)) $(into)

# models.tsv, slices.tsv: means over the seeds.
$(OUT)/models.tsv: $(OUT)/metrics.tsv $(HERE)/report/models.awk
	$(report) models '$<' $(into)

sliced := $(if $(SLICES),$(runs:%=$(OUT)/%.$(SEEN)))
$(OUT)/slices.tsv: $(sliced:%=%.slices.tsv) $(OUT)/report.settings $(HERE)/report/models.awk
	$(report) slices $(call quoted,$(sliced:%=%.slices.tsv)) $(into)

# ---- comparisons ----

# After a comparison of all with the first, the second need not be compared with it again.
models_of_first    := $(names)
models_of_previous := $(if $(filter first,$(AGAINST)),$(wordlist 2,$(words $(names)),$(names)),$(names))
models_of_all      := $(names)
models_of_references = $(firstword $(names)) $(if $(filter new,$1),popular,$(references))
trainings   = $(if $(filter popular own_frequent,$1),$1,$(seeds:%=$1.seed%))
comparisons = $(foreach a,$(AGAINST),$(if $(word 2,$(models_of_$a)),$a)) references

# $1: keep, remove or new, $2: first, previous, all or references
define compare_rule
$(OUT)/compare.$1.$2.tsv: $(foreach m,$(call models_of_$2,$1),$(patsubst %,$(OUT)/%.$1.per_query.tsv,$(call trainings,$m))) \
		$(OUT)/report.settings
	$$(report) compare $2 $(foreach m,$(call models_of_$2,$1),$(foreach r,$(call trainings,$m),'$m=$(OUT)/$r.$1.per_query.tsv')) \
		$$(into)
endef
$(foreach t,$(tables),$(foreach a,$(comparisons),$(eval $(call compare_rule,$t,$a))))

compared := $(foreach t,$(tables),$(foreach a,$(comparisons),$(OUT)/compare.$t.$a.tsv))
$(OUT)/report.tsv: $(compared) $(OUT)/report.settings
	$(report) join_comparisons $(compared) $(into)

# Of each part of each slice; empty where there is nothing to compare.
comparable := $(if $(SLICES),$(if $(word 2,$(names)),$(names)))
$(OUT)/slice_differences.tsv: $(sliced:%=%.per_event.tsv) $(OUT)/report.settings
	$(report) compare_slices $(foreach n,$(comparable),$(seeds:%='$n=$(OUT)/$n.seed%.$(SEEN).per_event.tsv')) $(into)

# ---- in words ----

# What a schema has that the first has not, and how all was evaluated.
$(OUT)/setup.tsv: $(names:%=$(OUT)/%.tt) $(runs:%=$(OUT)/%.model.tt) $(OUT)/report.settings $(HERE)/report/setup.sh
	@bash '$(HERE)/report/setup.sh' $(call quoted,$(SCHEMAS)) $(into)

facts := $(OUT)/setup.tsv $(OUT)/models.tsv $(OUT)/report.tsv $(OUT)/slices.tsv $(OUT)/slice_differences.tsv \
	$(HERE)/report/names.awk $(HERE)/report/facts.awk
$(OUT)/table.txt: $(facts) $(HERE)/report/table.awk
	$(report) lay_out table $(into)
$(OUT)/report.txt: $(facts) $(HERE)/report/text.awk
	$(report) lay_out text $(into)

# ---- plots ----

drawn  := loss accuracy $(if $(filter-out references,$(comparisons)),$(tables:%=differences.%)) $(SLICES:%=slice.%)
plots  := $(foreach p,$(drawn),$(OUT)/$p.svg $(OUT)/$p.png)
timed  := $(OUT)/time.svg $(OUT)/time.png
models := $(runs:%=$(OUT)/%.model.tt)
logs   := $(foreach n,$(names),'model=$n' $(seeds:%='$(OUT)/$n.seed%.log.tsv'))
$(OUT)/curves.tsv: $(models) $(OUT)/report.settings $(HERE)/report/curves.awk
	$(report) curves $(logs) $(into)

# $1: plot, $2: what it is drawn from, $3, $4: by which scripts
define plot_rule
$(OUT)/$1.svg $(OUT)/$1.png &: $(OUT)/$2.tsv $(addprefix $(HERE)/report/,style.gp $3.gp $4_rows.awk labels.awk names.awk)
	$$(report) plot '$1' $3 $(words $(names))
endef
$(foreach p,loss accuracy,$(eval $(call plot_rule,$p,curves,curves,curve)))
$(foreach t,$(tables),$(eval $(call plot_rule,differences.$t,report,differences,difference)))
$(foreach s,$(SLICES),$(eval $(call plot_rule,slice.$s,slices,slice,slice)))

# Seconds are never the same twice: these two and time.tsv are no part of what has the same bytes, and not in the page.
$(OUT)/time.tsv: $(OUT)/models.tsv $(models) $(HERE)/report/time.awk
	$(report) times '$<' $(logs) $(into)
$(eval $(call plot_rule,time,time,time,time))

$(OUT)/report.html: $(facts) $(plots) $(HERE)/report/html.awk
	$(report) lay_out html $(drawn:%=%.svg) $(into)

# ---- what is asked for ----

files: $(OUT)/table.txt $(OUT)/report.txt $(OUT)/report.html $(plots) $(timed)
table: files
	@cat '$(OUT)/table.txt'
	@echo
	@echo "All figures: $(OUT)/metrics.tsv. Report with plots: $(OUT)/report.html, $(OUT)/report.txt"
report: files
	@sed '/^Differences/,$$d' '$(OUT)/report.txt'
	@echo "The whole report: $(OUT)/report.html, $(OUT)/report.txt. Comparisons: $(OUT)/report.tsv"
