package playbooks_test

import (
	"testing"

	"github.com/salve-security/salve/functions/playbooks"
)

func TestAll(t *testing.T) {
	registry, err := playbooks.All()
	if err != nil {
		t.Fatal(err)
	}
	if len(registry.All()) == 0 || len(registry.Actions()) == 0 {
		t.Error("the registry is empty")
	}
}
