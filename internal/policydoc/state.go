package policydoc

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"slices"
	"strings"
)

// State is a document as the state of a control: its statements by Sid. One without
// a Sid, or with the Sid of an earlier one, has a digest of what it says in its key.
// A resource without a policy has no statements.
type State map[string]json.RawMessage

// State returns the statements as a state can hold them, in memory of its own.
func (d Document) State() State {
	out := State{}
	for i, key := range d.keys() {
		out[key] = bytes.Clone(held(d.statements[i]))
	}
	return out
}

// Raw is a statement of the state as AWS is given it, also one that is held as a text.
func (s State) Raw(key string) (json.RawMessage, error) { return released(s[key]) }

// Replace puts a statement in the place of another one, under the key that it will be read by.
func (s State) Replace(key string, raw json.RawMessage) {
	delete(s, key)
	if key = sid(raw); key == "" {
		key = "statement " + fingerprint(raw)
	} else if _, taken := s[key]; taken {
		key += " " + fingerprint(raw)
	}
	s[key] = held(raw)
}

// keys are the keys of the statements, in their order, each once.
func (d Document) keys() []string {
	out := make([]string, 0, len(d.statements))
	for _, raw := range d.statements {
		key := sid(raw)
		if key == "" || slices.Contains(out, key) {
			key = cmp.Or(key, "statement") + " " + fingerprint(raw)
		}
		base := key
		for n := 2; slices.Contains(out, key); n++ {
			key = fmt.Sprintf("%s (%d)", base, n)
		}
		out = append(out, key)
	}
	return out
}

// sid is the name of a statement, "" where it has none.
func sid(raw json.RawMessage) string {
	var all map[string]json.RawMessage
	var name string
	if json.Unmarshal(raw, &all) != nil || json.Unmarshal(all["Sid"], &name) != nil {
		return ""
	}
	return name
}

// asText is the name under which a statement is held as a text.
const asText = "Text"

// held is a statement as a state can hold it. States drop empty texts and lists,
// which mean something in a condition; such a statement is kept as text, so that
// nothing takes it for another one.
func held(raw json.RawMessage) json.RawMessage {
	v, err := decode(raw)
	if err != nil {
		return raw // the document was valid JSON
	}
	all, _ := v.(map[string]any)
	_, looksHeld := all[asText].(string)
	if !hasEmpty(v) && (!looksHeld || len(all) != 1) {
		return raw
	}
	text, err := encode(map[string]string{asText: string(raw)})
	if err != nil {
		return raw
	}
	return text
}

// released is the statement that a state holds, as AWS is given it.
func released(raw json.RawMessage) (json.RawMessage, error) {
	v, err := decode(raw)
	if err != nil {
		return nil, err
	}
	all, isObject := v.(map[string]any)
	if !isObject {
		return nil, fmt.Errorf("%w: a statement to write is no object", ErrUnreadable)
	}
	if text, isText := all[asText].(string); isText && len(all) == 1 {
		return json.RawMessage(text), nil
	}
	return encode(v)
}

func hasEmpty(v any) bool {
	switch x := v.(type) {
	case nil:
		return true
	case string:
		return x == ""
	case []any:
		return len(x) == 0 || slices.ContainsFunc(x, hasEmpty)
	case map[string]any:
		return len(x) == 0 || slices.ContainsFunc(slices.Collect(maps.Values(x)), hasEmpty)
	}
	return false
}

// same compares statements of a state by what they say, not by how they are
// written. None is empty.
func same(a, b json.RawMessage) bool {
	if len(a) == 0 || len(b) == 0 {
		return len(a) == len(b)
	}
	return bytes.Equal(canonical(a), canonical(b))
}

// fingerprint is a short digest of a statement, whatever its blanks and the order
// of its fields.
func fingerprint(raw json.RawMessage) string {
	sum := sha256.Sum256(canonical(raw))
	return hex.EncodeToString(sum[:6])
}

// canonical is one text for all that says the same, and for nothing else: a number
// that no float can tell from another stays as it is written.
func canonical(raw json.RawMessage) []byte {
	v, err := decode(raw)
	if err != nil {
		return raw
	}
	text, err := encode(plain(v))
	if err != nil {
		return raw
	}
	return text
}

// plain makes 1, 1.0 and 1e0 one number, as a state does.
func plain(v any) any {
	switch x := v.(type) {
	case map[string]any:
		for k, e := range x {
			x[k] = plain(e)
		}
	case []any:
		for i, e := range x {
			x[i] = plain(e)
		}
	case json.Number:
		return plainNumber(x)
	}
	return v
}

func plainNumber(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil || !strings.ContainsAny(n.String(), ".eE") {
		return n
	}
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

func decode(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("%w: %w", ErrUnreadable, err)
	}
	return v, nil
}
