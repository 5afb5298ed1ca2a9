package resource

import (
	"maps"
	"reflect"
	"slices"
	"strings"

	"github.com/salve-security/salve/internal/enable"
	"github.com/salve-security/salve/internal/fault"
)

// What becomes of the services when the resource is deleted.
const (
	keep     = "Keep"     // they stay on
	withdraw = "Withdraw" // what Salve can take back is taken back
)

// properties are those of the resource: the document of salve org enable, and what only a stack needs. Revision means
// nothing: changing it is how a stack is made to ask again where nothing else has changed.
type properties struct {
	ServiceToken   string
	ServiceTimeout string
	OnDelete       string
	Strict         bool
	Revision       string

	Administrator string
	Home          string
	Regions       []string
	Services      enable.Chosen
}

// read makes the wish of a request complete. Home is the Region of the stack where the properties name none.
func (h Handler) read(given map[string]any) (properties, enable.Wish, error) {
	p := properties{Strict: true, OnDelete: keep}
	if err := decode("", given, reflect.ValueOf(&p).Elem()); err != nil {
		return p, enable.Wish{}, err
	}
	if p.OnDelete != keep && p.OnDelete != withdraw {
		return p, enable.Wish{}, fault.New(
			fault.Invalid,
			"OnDelete: %q is not known: use %s or %s",
			p.OnDelete,
			keep,
			withdraw,
		)
	}
	if p.Home == "" {
		p.Home = h.Region
	}
	if p.Services == (enable.Chosen{}) {
		return p, enable.Wish{}, fault.New(
			fault.Invalid,
			"Services: choose at least one; what is not chosen is left as it is",
		)
	}
	wish := enable.Wish{Administrator: p.Administrator, Home: p.Home, Regions: p.Regions, Services: p.Services}
	if err := h.unknown(wish); err != nil {
		return p, wish, err
	}
	wish, err := wish.Complete(h.Known)
	return p, wish, err
}

// unknown refuses a service that the document has and this function cannot switch on: it would be passed over.
func (h Handler) unknown(wish enable.Wish) error {
	var can []string
	for _, s := range h.Services {
		can = append(can, s.Name())
	}
	chosen := reflect.ValueOf(wish.Services)
	for i := range chosen.NumField() {
		name := strings.ToLower(chosen.Type().Field(i).Name)
		if !chosen.Field(i).IsNil() && !slices.Contains(can, name) {
			return fault.New(fault.Invalid, "Services.%s: this function cannot switch it on, only %s",
				chosen.Type().Field(i).Name, strings.Join(can, ", "))
		}
	}
	return nil
}

// takesBack tells whether the services are to be withdrawn with the resource. Whatever is not said plainly is no.
func takesBack(given map[string]any) bool {
	for name, value := range given {
		if strings.EqualFold(name, "OnDelete") {
			return value == withdraw
		}
	}
	return false
}

func sorted(given map[string]any) []string { return slices.Sorted(maps.Keys(given)) }
