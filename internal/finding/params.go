package finding

import "strings"

// maxParams is more than any control has.
const maxParams = 64

// Params are the parameters that a finding says its control was judged by; nil where it says none. One that is given
// twice could be read in two ways.
func Params(list []RawParam) (map[string][]string, error) {
	const field = "Compliance.SecurityControlParameters"
	if len(list) > maxParams {
		return nil, refuse(field, ForgedShape, list[maxParams].Name, "fewer parameters")
	}
	var out map[string][]string
	seen := map[string]bool{}
	for _, p := range list {
		name := strings.ToLower(p.Name)
		if p.Name == "" || seen[name] {
			return nil, refuse(field, ForgedShape, p.Name, "each name once")
		}
		if seen[name] = true; out == nil {
			out = map[string][]string{}
		}
		out[p.Name] = p.Value
	}
	return out, nil
}
