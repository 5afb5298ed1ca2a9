package control

import (
	"maps"
	"strings"
)

// A path is written like a JSON pointer without its first slash, because map
// keys are natural names and may hold dots and slashes. The empty path is the
// whole state, so an empty key is written "~", which no other key can be.
func joinPath(prefix, key string) string {
	key = strings.NewReplacer("~", "~0", "/", "~1").Replace(key)
	if key == "" {
		key = "~"
	}
	if prefix == "" {
		return key
	}
	return prefix + "/" + key
}

func splitPath(path string) []string {
	if path == "" {
		return nil
	}
	keys := strings.Split(path, "/")
	for i, k := range keys {
		if k == "~" {
			keys[i] = ""
			continue
		}
		keys[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(k)
	}
	return keys
}

// at returns the value at a path, nil when there is none.
func at(tree any, path string) any {
	for _, key := range splitPath(path) {
		m, ok := tree.(map[string]any)
		if !ok {
			return nil
		}
		tree = m[key]
	}
	return tree
}

// with returns a copy of tree in which the path holds v; nil removes it.
func with(tree any, path string, v any) any {
	return withKeys(tree, splitPath(path), v)
}

func withKeys(tree any, keys []string, v any) any {
	if len(keys) == 0 {
		return v
	}
	old, isMap := tree.(map[string]any)
	child := withKeys(old[keys[0]], keys[1:], v)
	if child == nil && !isMap {
		return tree // there is nothing to remove below a scalar
	}
	out := maps.Clone(old)
	if out == nil {
		out = map[string]any{}
	}
	if child == nil {
		delete(out, keys[0])
	} else {
		out[keys[0]] = child
	}
	if len(out) == 0 {
		return nil
	}
	return out
}
