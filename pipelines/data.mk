# What the pipelines over published data share: files that may be compressed, and a word when they are not there.
text      = $(if $(filter %.zst,$1),zstdcat '$1',cat '$1')
need_data = test -n '$1' || { echo "no $2 or $2.zst in '$(DATA)'" >&2; exit 1; }
find_data = $(firstword $(wildcard $(DATA)/$1 $(DATA)/$1.zst $(DATA)/$2/$1 $(DATA)/$2/$1.zst))

# $1: file, $2: the folder's name when DATA is the folder above. The file as plain text in OUT.
define copy_rule
$(OUT)/$1: $(call find_data,$1,$2)
	@$$(call need_data,$$<,$1)
	@mkdir -p $(OUT)
	$$(call text,$$<) > $$@
endef
