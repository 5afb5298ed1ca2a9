package control_test

import (
	"regexp"
	"slices"
	"testing"

	"github.com/salve-security/salve/internal/control"
)

// TestSharing: what controls write alike is named by State or Writes; on a resource only those count that work on it.
func TestSharing(t *testing.T) {
	one := func(id, state, writes string, change func(*control.Info)) control.Control {
		return declared(func(i *control.Info) {
			i.ID, i.State, i.Writes = id, state, writes
			if change != nil {
				change(i)
			}
		})
	}
	first := one("Stock.1", "", "stock.log", nil)
	registry, err := control.NewRegistry(nil,
		first, one("Stock.2", "stock.log", "", nil), one("Stock.3", "", "", nil), one("Stock.4", "", "stock.other", nil),
		one("Stock.5", "", "stock.log", func(i *control.Info) { i.Pattern = regexp.MustCompile(`^rack/(.+)$`) }))
	if err != nil {
		t.Fatal(err)
	}
	if got := registry.Sharing(first); !slices.Equal(got, []string{"Stock.2", "Stock.5"}) {
		t.Errorf("it shares with %v", got)
	}
	if got := registry.SharingOn(first, env().Target); !slices.Equal(got, []string{"Stock.2"}) {
		t.Errorf("on the resource it shares with %v", got)
	}
	for _, alone := range []string{"Stock.3", "Stock.4"} {
		c, _ := registry.Get(alone)
		if got := registry.Sharing(c); len(got) > 0 {
			t.Errorf("%s shares with %v", alone, got)
		}
	}
}

// TestSame: names of one thing are the same, those of two are not, and what is no such thing never is.
func TestSame(t *testing.T) {
	i := control.Info{Pattern: regexp.MustCompile(`^(stock/[a-z]+)(?::[0-9]+)?$`)}
	i.Lock = func(env control.Env) []string { return []string{env.Name} }
	of := control.Target{Resource: "stock/a:7"}
	for resource, want := range map[string]bool{
		"stock/a": true, "stock/a:8": true, "stock/b": false, "stock/a:7x": false,
		"rack/a": false, "": false, "stock/*": false,
	} {
		if got := i.Same(of, resource); got != want {
			t.Errorf("%q: %v, want %v", resource, got, want)
		}
	}
	account := control.Info{Pattern: regexp.MustCompile(`^AWS::::Account:([0-9]{12})$`)}
	account.Lock = func(control.Env) []string { return []string{"passwords"} }
	if account.Same(control.Target{Resource: "AWS::::Account:222222222222"}, "AWS::::Account:333333333333") {
		t.Error("two accounts are the same")
	}
}
