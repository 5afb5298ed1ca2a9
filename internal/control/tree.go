package control

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math"
	"reflect"
	"strings"
)

// toTree turns a state into maps, lists and scalars in normal form: null, "",
// {} and [] are absent, numbers are int64 where they are whole. Two trees are
// equal if their JSON is.
func toTree(v any) (any, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return nil, fmt.Errorf("encode state: %w", err)
	}
	return decodeTree(raw)
}

func decodeTree(raw []byte) (any, error) {
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, fmt.Errorf("decode state: %w", err)
	}
	return normal(v), nil
}

func fromTree[S any](tree any) (S, error) {
	var s S
	raw, err := json.Marshal(tree)
	if err != nil {
		return s, fmt.Errorf("encode state: %w", err)
	}
	if err := json.Unmarshal(raw, &s); err != nil {
		return s, fmt.Errorf("decode state: %w", err)
	}
	fillMaps(reflect.ValueOf(&s).Elem())
	return s, nil
}

func normal(v any) any {
	switch x := v.(type) {
	case map[string]any:
		return normalMap(x)
	case []any:
		if len(x) == 0 {
			return nil
		}
		out := make([]any, len(x))
		for i, e := range x {
			out[i] = normal(e)
		}
		return out
	case string:
		if x == "" {
			return nil
		}
	case json.Number:
		return normalNumber(x)
	}
	return v
}

func normalMap(x map[string]any) any {
	out := make(map[string]any, len(x))
	for k, e := range x {
		if n := normal(e); n != nil {
			out[k] = n
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// normalNumber makes 1, 1.0 and 1e0 the same value. A whole number that int64
// cannot hold stays as it is written: as a float it would become another one.
func normalNumber(n json.Number) any {
	if i, err := n.Int64(); err == nil {
		return i
	}
	f, err := n.Float64()
	if err != nil || !strings.ContainsAny(n.String(), ".eE") {
		return n
	}
	// Beyond 2^53 the conversion is not exact, and beyond 2^63 it depends on the processor.
	if f == math.Trunc(f) && math.Abs(f) < 1<<53 {
		return int64(f)
	}
	return f
}

// equal compares two normal trees; JSON of a map is sorted, so it is canonical.
func equal(a, b any) bool {
	x, errX := json.Marshal(a)
	y, errY := json.Marshal(b)
	return errX == nil && errY == nil && bytes.Equal(x, y)
}

// digest is the hex SHA-256 of a value's canonical JSON.
func digest(v any) (string, error) {
	raw, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("hash: %w", err)
	}
	sum := sha256.Sum256(raw)
	return hex.EncodeToString(sum[:]), nil
}
