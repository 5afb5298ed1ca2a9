package control_test

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// FuzzChange: a stored change that can be read means the same when it is stored again.
func FuzzChange(f *testing.F) {
	for _, text := range []string{
		`{"path":"Days","from":3,"to":7}`, `{"path":"Days","from":3,"to":7,"got":30}`,
		`{"path":"Goods.gold","from":{"Count":12345678901234567890,"Secret":true},"to":null,"stays":"ashes"}`,
		`{"path":"Rules","from":[1.0,"",null],"to":{"a":{"b":[]}},"unsure":true}`, `{"path":7}`, `{}`,
		`{"path":"Days","from":12345678901234567.00,"to":1e400}`,
	} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, raw []byte) {
		var c control.Change
		if json.Unmarshal(raw, &c) != nil {
			return
		}
		stored, err := json.Marshal(c)
		if err != nil {
			t.Fatal(err)
		}
		var again control.Change
		if err := json.Unmarshal(stored, &again); err != nil {
			t.Fatalf("%s: %v", stored, err)
		}
		twice, err := json.Marshal(again)
		if err != nil || c.String() != again.String() || !bytes.Equal(stored, twice) {
			t.Fatalf("%s became %s, then %s (%v)", raw, stored, twice, err)
		}
	})
}
