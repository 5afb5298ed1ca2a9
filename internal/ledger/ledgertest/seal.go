package ledgertest

import (
	"bytes"
	"sync"
	"testing"
)

// sealKey: whoever only reads gets a key of his own and stores none; the
// first of many who may write draws the one that all get.
func sealKey(t *testing.T, s suite) {
	one, err := s.SealKey(t.Context(), true)
	two, err2 := s.SealKey(t.Context(), true)
	if err != nil || err2 != nil || len(one) != 32 || bytes.Equal(one, two) {
		t.Fatalf("keys %x and %x, %v, %v: want two of 32 bytes, nothing stored", one, two, err, err2)
	}
	keys := make([][]byte, 8)
	var group sync.WaitGroup
	for i := range keys {
		group.Go(func() {
			key, err := s.SealKey(t.Context(), false)
			if err != nil {
				t.Error(err)
			}
			keys[i] = key
		})
	}
	group.Wait()
	read, err := s.SealKey(t.Context(), true)
	if err != nil {
		t.Fatal(err)
	}
	for i, key := range keys {
		if !bytes.Equal(key, read) {
			t.Errorf("process %d has key %x, the ledger %x", i, key, read)
		}
	}
}

func sealCases() cases {
	return cases{
		"SealKey": sealKey,
	}
}
