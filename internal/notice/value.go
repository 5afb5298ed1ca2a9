package notice

import "github.com/salve-security/salve/internal/plain"

// jsonValue makes one side of a change fit for programs: its texts are those of jsonText, and of a value whose JSON is
// longer than a text may be only the beginning of that is left.
func jsonValue(v any) any {
	v = cleanValue(v)
	text, err := encode(v)
	if err != nil {
		return nil // a value that has no JSON has none stored either
	}
	if plain.Length(text) > maxText {
		return jsonText(text)
	}
	return v
}

// cleanValue cleans the texts in a value, keys as well.
func cleanValue(v any) any {
	switch x := v.(type) {
	case string:
		return jsonText(x)
	case map[string]any:
		out := make(map[string]any, len(x))
		for key, value := range x {
			out[jsonText(key)] = cleanValue(value)
		}
		return out
	case []any:
		out := make([]any, len(x))
		for i, value := range x {
			out[i] = cleanValue(value)
		}
		return out
	}
	return v
}
