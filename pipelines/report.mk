# From what was judged to an answer: metrics.tsv, table.txt, report.tsv, report.txt, report.html and the plots. Included by
# experiment.mk, which says what the variables mean. Everything here is read from the runs' metrics, figures by user and logs.

# What is in the report's words and not in its files.
PARTS ?= as given
$(call settings,report,$(SCHEMAS) $(SEEDS) $(SEEN) $(ALSO) $(NEW) $(TABLE) $(AGAINST) $(SLICES) $(PARTS) $(FEATURES) $(CONVERGE) $(TRAIN_OPTIONS) $(QUERY_OPTIONS))

metric := $(word 1,$(TABLE))
top    := $(word 2,$(TABLE))
in_out  = cd '$(OUT)' && awk -f '$(abspath $(HERE))/report/$1'
quoted  = $(foreach f,$1,'$f')

# metrics.tsv: one header, then the runs in the order of schemas and seeds, then the references.
metrics := $(foreach how,$(SEEN) $(also) $(new:yes=new),$(runs:%=$(OUT)/%.$(how).metrics.tsv)) $(references:%=$(OUT)/%.$(SEEN).metrics.tsv)
metrics += $(if $(new),$(OUT)/popular.new.metrics.tsv)
$(OUT)/metrics.tsv: $(metrics) $(OUT)/report.settings
	@head -n 1 '$(firstword $(metrics))' > '$@.tmp'
	@tail -q -n +2 $(call quoted,$(metrics)) >> '$@.tmp'
	@mv '$@.tmp' '$@'

# models.tsv, slices.tsv: means over the seeds.
$(OUT)/models.tsv: $(OUT)/metrics.tsv $(HERE)/report/models.awk
	@$(call in_out,models.awk) -v seen=$(SEEN) metrics.tsv > models.tsv.tmp
	@mv '$@.tmp' '$@'

sliced := $(if $(SLICES),$(runs:%=%.$(SEEN).slices.tsv))
$(OUT)/slices.tsv: $(sliced:%=$(OUT)/%) $(OUT)/report.settings $(HERE)/report/models.awk
	@$(if $(sliced),$(call in_out,models.awk) -v seen=$(SEEN) $(call quoted,$(sliced)) | awk -F'\t' 'NR == 1 || ($$5 == "$(metric)" && $$6 == $(top))' > slices.tsv.tmp,: > '$@.tmp')
	@mv '$@.tmp' '$@'

# ---- comparisons ----

# Accuracy is over events, which tt-compare finds whatever a schema's queries are; all else is compared by user.
by := $(if $(filter top_k_accuracy,$(metric)),per_query,by_user)
$(OUT)/%.by_user.tsv: $(OUT)/%.per_query.tsv $(HERE)/report/by_user.awk
	@awk -f '$(HERE)/report/by_user.awk' '$<' > '$@.tmp'
	@mv '$@.tmp' '$@'

# After a comparison of all with the first, the second need not be compared with it again.
models_of_first    := $(names)
models_of_previous := $(if $(filter first,$(AGAINST)),$(wordlist 2,$(words $(names)),$(names)),$(names))
models_of_all      := $(names)
lists_of = $(foreach a,$(AGAINST),$(if $(word 2,$(models_of_$a)),$a)) references
models_of_references = $(firstword $(names)) $(if $(filter new,$1),popular,$(references))
trainings = $(if $(filter popular own_frequent,$1),$1,$(seeds:%=$1.seed%))

# $1: keep, remove or new, $2: first, previous, all or references. Trainings of one seed are pairs. Sentences are of use where there is something to find out.
define compare_rules
$(OUT)/compare.$1.$2.tsv $(OUT)/compare.$1.$2.txt &: $(foreach m,$(call models_of_$2,$1),$(patsubst %,$(OUT)/%.$1.$(by).tsv,$(call trainings,$m))) $(OUT)/report.settings
	@cd '$(OUT)'; set -- $(foreach m,$(call models_of_$2,$1),$(foreach r,$(call trainings,$m),'$m=$r.$1.$(by).tsv')); \
	for kind in tsv txt; do \
		tt-compare -q -j $(JOBS) $(if $(filter references,$2),--against first,--against $2 --paired) --metric $(metric)@$(top) \
			$$$$(test $$$$kind = tsv || echo --text) -o compare.$1.$2.$$$$kind "$$$$@"; done
endef
$(foreach how,$(judged),$(foreach l,$(lists_of),$(eval $(call compare_rules,$(how),$l))))

compared := $(foreach how,$(judged),$(foreach l,$(lists_of),compare.$(how).$l))
$(OUT)/report.tsv: $(compared:%=$(OUT)/%.tsv) $(OUT)/report.settings
	@cd '$(OUT)' && awk 'BEGIN { FS = OFS = "\t" } NR == 1 { print "lists", "against", $$0 } \
		FNR > 1 { split(FILENAME, part, "."); print part[2], part[3], $$0 }' $(compared:%=%.tsv) > report.tsv.tmp
	@mv '$@.tmp' '$@'

# Accuracy in the parts of slices is compared, too; other metrics are not.
sliced_arms := $(if $(SLICES),$(if $(word 2,$(names)),$(if $(filter top_k_accuracy,$(metric)),$(foreach n,$(names),$(seeds:%='$n=$n.seed%.$(SEEN).per_event.tsv')))))
$(OUT)/slice_differences.tsv: $(sliced:%.slices.tsv=$(OUT)/%.per_event.tsv) $(OUT)/report.settings $(HERE)/report/slice_differences.sh
	@cd '$(OUT)' && $(if $(sliced_arms),sh '$(abspath $(HERE))/report/slice_differences.sh' $(top) $(JOBS) $(sliced_arms) >,: >) slice_differences.tsv.tmp
	@mv '$@.tmp' '$@'

# ---- in words ----

# What a schema has that the first has not, and how all was judged.
$(OUT)/judged.tsv: $(OUT)/$(firstword $(names)).tt $(SCHEMAS) $(runs:%=$(OUT)/%.model.tt) $(foreach how,$(judged),$(OUT)/$(firstword $(runs)).$(how).per_query.tsv) $(OUT)/report.settings $(HERE)/report/judged.sh
	@OUT='$(OUT)' METRIC=$(metric) K=$(top) SEEDS=$(SEEDS) JUDGED='$(judged)' TRAIN='$(TRAIN)' TEST='$(TEST)' ITEMS='$(ITEMS)' \
		VALID='$(VALID)' PARTS=$(call shell_text,$(PARTS)) FEATURES=$(call shell_text,$(FEATURES)) \
		CONVERGE=$(call shell_text,$(CONVERGE)) OPTIONS=$(call shell_text,$(TRAIN_OPTIONS)) QUERY_OPTIONS=$(call shell_text,$(QUERY_OPTIONS)) \
		sh '$(HERE)/report/judged.sh' $(call quoted,$(SCHEMAS)) > '$@.tmp'
	@mv '$@.tmp' '$@'
shell_text = '$(subst ','\'',$1)'

facts := judged.tsv models.tsv report.tsv slices.tsv slice_differences.tsv
texts := $(foreach c,$(filter-out %.references,$(compared)),$c.txt)
facts_ready := $(facts:%=$(OUT)/%) $(texts:%=$(OUT)/%) $(HERE)/report/names.awk $(HERE)/report/facts.awk
read_facts = cd '$(OUT)' && awk -v metric=$(metric) -v k=$(top) $(foreach f,names facts,-f '$(abspath $(HERE))/report/$f.awk') -f '$(abspath $(HERE))/report/$1'
$(OUT)/table.txt: $(facts_ready) $(HERE)/report/table.awk
	@$(call read_facts,table.awk) $(facts) $(texts) > table.txt.tmp
	@mv '$@.tmp' '$@'
$(OUT)/report.txt: $(facts_ready) $(HERE)/report/text.awk
	@$(call read_facts,text.awk) $(facts) $(texts) > report.txt.tmp
	@mv '$@.tmp' '$@'

# ---- plots ----

drawn  := loss accuracy $(if $(filter-out references,$(lists_of)),$(judged:%=differences.%)) $(SLICES:%=slice.%)
plots  := $(foreach p,$(drawn),$(OUT)/$p.svg $(OUT)/$p.png)
timed  := $(OUT)/time.svg $(OUT)/time.png
models := $(runs:%=$(OUT)/%.model.tt)
gnuplot = cd '$(OUT)' && LC_ALL=C.UTF-8 gnuplot -e "here='$(abspath $(HERE))/report'; models=$(words $(names)); metric='$(metric)'; k=$(top)"
$(OUT)/curves.tsv: $(models) $(OUT)/report.settings $(HERE)/report/curves.awk
	@$(call in_out,curves.awk) $(foreach n,$(names),'model=$n' $(seeds:%='$n.seed%.log.tsv')) > curves.tsv.tmp
	@mv '$@.tmp' '$@'

# $1: plot, $2: what it is drawn from, $3, $4: by which scripts. The titles that gnuplot gives to lines are its commands.
define plot_rule
$(OUT)/$1.svg $(OUT)/$1.png &: $(OUT)/$2.tsv $(HERE)/report/style.gp $(HERE)/report/$3.gp $(HERE)/report/$4_rows.awk $(HERE)/report/labels.awk $(HERE)/report/names.awk
	@$$(gnuplot) -e "plot_name='$1'" '$(abspath $(HERE))/report/$3.gp' && sed -i 's|<title>[^<]*</title>||' '$1.svg'
endef
$(foreach p,loss accuracy,$(eval $(call plot_rule,$p,curves,curves,curve)))
$(foreach how,$(judged),$(eval $(call plot_rule,differences.$(how),report,differences,difference)))
$(foreach s,$(SLICES),$(eval $(call plot_rule,slice.$s,slices,slice,slice)))

# Seconds are never the same twice: these two and time.tsv are no part of what has the same bytes, and not in the page.
$(OUT)/time.tsv: $(OUT)/models.tsv $(models)
	@cd '$(OUT)' && awk -f '$(abspath $(HERE))/report/time.awk' -v lists=$(SEEN) -v metric=$(metric) -v k=$(top) models.tsv \
		$(foreach n,$(names),'model=$n' $(seeds:%='$n.seed%.log.tsv')) > time.tsv.tmp
	@mv '$@.tmp' '$@'
$(eval $(call plot_rule,time,time,time,time))

$(OUT)/report.html: $(facts_ready) $(plots) $(HERE)/report/html.awk
	@$(call read_facts,html.awk) $(facts) $(texts) $(drawn:%=%.svg) > report.html.tmp
	@mv '$@.tmp' '$@'

# ---- what is asked for ----

files: $(OUT)/table.txt $(OUT)/report.txt $(OUT)/report.html $(plots) $(timed)
table: files
	@cat '$(OUT)/table.txt'
	@echo
	@echo "All figures: $(OUT)/metrics.tsv. Report with plots: $(OUT)/report.html, $(OUT)/report.txt"
report: files
	@sed '/^Differences/,$$d' '$(OUT)/report.txt'
	@echo "The whole report: $(OUT)/report.html, $(OUT)/report.txt. Comparisons: $(OUT)/report.tsv"
