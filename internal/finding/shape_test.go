package finding_test

import (
	"encoding/json"
	"fmt"
	"testing"
)

// reshapes are changes of what a field is, not of what it says.
func reshapes() map[string]func(old any) (now any, keep bool) {
	return map[string]func(any) (any, bool){
		"missing":       func(any) (any, bool) { return nil, false },
		"null":          func(any) (any, bool) { return nil, true },
		"a number":      func(any) (any, bool) { return 7, true },
		"a truth value": func(any) (any, bool) { return true, true },
		"an object":     func(old any) (any, bool) { return map[string]any{"Id": old}, true },
		"a list":        func(old any) (any, bool) { return []any{old}, true },
		"a list of two": func(old any) (any, bool) { return []any{old, old}, true },
		"twice over": func(old any) (any, bool) {
			list, isList := old.([]any)
			if !isList {
				return "", true
			}
			return append(append([]any(nil), list...), list...), true
		},
	}
}

// places lists every field and element of a JSON value with a way to replace it.
func places(value any, path string, see func(path string, old any, put func(now any, keep bool))) {
	switch v := value.(type) {
	case map[string]any:
		for key, old := range v {
			see(path+"."+key, old, func(now any, keep bool) {
				v[key] = now
				if !keep {
					delete(v, key)
				}
			})
			places(old, path+"."+key, see)
		}
	case []any:
		for i, old := range v {
			places(old, fmt.Sprintf("%s[%d]", path, i), see)
		}
	}
}

// No field that is missing, or is something else than it should be, gives a finding another identity.
func TestReshapedFindings(t *testing.T) {
	tried, accepted, standards := 0, 0, lists(t)
	for _, consolidated := range []bool{true, false} {
		for name, base := range bases(t, consolidated) {
			j := judgeOf(t, name, standards, base)
			raw, err := json.Marshal(base)
			if err != nil {
				t.Fatal(err)
			}
			var paths []string
			places(mustAny(raw), "", func(path string, _ any, _ func(any, bool)) { paths = append(paths, path) })
			for _, path := range paths {
				for how, reshape := range reshapes() {
					value := mustAny(raw)
					places(value, "", func(at string, old any, put func(any, bool)) {
						if at == path {
							put(reshape(old))
						}
					})
					tried++
					if j.of(t, path+", "+how, value) {
						accepted++
					}
				}
			}
		}
	}
	t.Logf("%d changes, %d accepted with the identity they had", tried, accepted)
	if accepted == 0 || accepted == tried {
		t.Error("the changes prove nothing")
	}
}
