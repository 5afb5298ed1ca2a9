package enable

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"

	"github.com/salve-security/salve/internal/fault"
	"github.com/salve-security/salve/internal/plain"
)

// Wish is what shall be on: the document that salve org enable reads.
type Wish struct {
	Administrator string   `yaml:"administrator"` // account that services are delegated to
	Home          string   `yaml:"home"`          // Region where findings come together
	Regions       []string `yaml:"regions"`       // empty: all that are enabled in both accounts
	Services      Chosen   `yaml:"services"`
	// Outside are accounts that are not in the organization.
	Outside []Outsider `yaml:"outside"`
	// Known are the ARNs of all standards by Salve's keys, with {region} where the Region stands.
	Known map[string]string `yaml:"-"`
}

// Chosen are the services that shall be on; one that is left out is not touched.
type Chosen struct {
	SecurityHub    *SecurityHubWish    `yaml:"securityhub"`
	GuardDuty      *GuardDutyWish      `yaml:"guardduty"`
	Inspector      *InspectorWish      `yaml:"inspector"`
	Macie          *MacieWish          `yaml:"macie"`
	Detective      *DetectiveWish      `yaml:"detective"`
	AccessAnalyzer *AccessAnalyzerWish `yaml:"accessanalyzer"`
	Config         *ConfigWish         `yaml:"config"`
}

// SecurityHubWish chooses standards, and who hands them out.
type SecurityHubWish struct {
	// Configuration is central, a policy on the root of the organization that new accounts get by themselves, or local:
	// standards are switched on account by account.
	Configuration string   `yaml:"configuration"`
	Standards     []string `yaml:"standards"` // by Salve's keys: fsbp-1.0.0
}

// GuardDutyWish chooses protection plans by the names of GuardDuty's features.
type GuardDutyWish struct {
	Plans []string `yaml:"plans"`
}

// InspectorWish chooses types of scans: ec2, ecr, lambda, lambdaCode, codeRepository.
type InspectorWish struct {
	Scans []string `yaml:"scans"`
}

// MacieWish switches Macie on.
type MacieWish struct{}

// DetectiveWish switches Detective on.
type DetectiveWish struct{}

// AccessAnalyzerWish asks for an analyzer of external access, and of unused access where that is said: it is billed.
type AccessAnalyzerWish struct {
	Unused bool `yaml:"unused"`
}

// ConfigWish asks for an aggregator in the home Region, and for recorders in every account and Region where that is
// said.
type ConfigWish struct {
	Recorders bool `yaml:"recorders"`
	// Bucket takes what recorders deliver; it is yours and in the administrator's account.
	Bucket string `yaml:"bucket"`
}

// Default is what is switched on where no document says otherwise.
func Default() Wish {
	return Wish{Services: Chosen{
		SecurityHub: &SecurityHubWish{}, GuardDuty: &GuardDutyWish{}, Inspector: &InspectorWish{},
	}}
}

// MaxDocument is the size of the largest document, in bytes.
const MaxDocument = 256 << 10

// Parse reads a document. Its errors name the line or the field, and what is right there.
func Parse(text []byte) (Wish, error) {
	var w Wish
	if len(text) > MaxDocument {
		return w, fault.New(fault.Invalid, "the document is too large: keep it below 256 KB")
	}
	if line := plain.SecondDocument(text); line > 0 {
		return w, fault.New(fault.Invalid, "line %d: the document begins a second time, and of several only the first would "+
			"be read: write one", line)
	}
	err := yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(&w)
	if errors.Is(err, io.EOF) {
		return w, fault.New(fault.Invalid, "the document is empty: name administrator, home and services in it")
	}
	if err != nil {
		return w, fault.New(fault.Invalid, "the document: %s", plain.Line(yaml.FormatError(err, false, false)))
	}
	return w, nil
}

// Only leaves the services of the list, which must be known; an empty list leaves all. One that the document does not
// mention is taken with its defaults.
func (w Wish) Only(services []string) (Wish, error) {
	if len(services) == 0 {
		return w, nil
	}
	for _, name := range services {
		if !slices.Contains(serviceNames(), name) {
			return w, fault.New(fault.Invalid, "service %q is not known: use %s", name, strings.Join(serviceNames(), ", "))
		}
	}
	asked := func(name string) bool { return slices.Contains(services, name) }
	c := &w.Services
	c.SecurityHub = chosen(asked("securityhub"), c.SecurityHub)
	c.GuardDuty = chosen(asked("guardduty"), c.GuardDuty)
	c.Inspector = chosen(asked("inspector"), c.Inspector)
	c.Macie = chosen(asked("macie"), c.Macie)
	c.Detective = chosen(asked("detective"), c.Detective)
	c.AccessAnalyzer = chosen(asked("accessanalyzer"), c.AccessAnalyzer)
	c.Config = chosen(asked("config"), c.Config)
	return w, nil
}

func chosen[T any](asked bool, given *T) *T {
	if asked && given == nil {
		return new(T)
	}
	if !asked {
		return nil
	}
	return given
}

func serviceNames() []string {
	var names []string
	for _, s := range Services() {
		names = append(names, s.Name())
	}
	return names
}

// Asked tells whether a service shall be on.
func (w Wish) Asked(name string) bool {
	c := w.Services
	return map[string]bool{
		"securityhub": c.SecurityHub != nil, "guardduty": c.GuardDuty != nil, "inspector": c.Inspector != nil,
		"macie": c.Macie != nil, "detective": c.Detective != nil, "accessanalyzer": c.AccessAnalyzer != nil,
		"config": c.Config != nil,
	}[name]
}

// Complete fills what a document may leave out and refuses what cannot be right. Known are the ARNs of all standards.
func (w Wish) Complete(known map[string]string) (Wish, error) {
	w.Known = known
	c := &w.Services
	for _, complete := range []func() error{
		w.places,
		func() (err error) { c.SecurityHub, err = c.SecurityHub.complete(known); return err },
		func() error { return c.GuardDuty.check() },
		func() (err error) { c.Inspector, err = c.Inspector.complete(); return err },
		func() error { return c.Config.check() },
	} {
		if err := complete(); err != nil {
			return w, err
		}
	}
	return w, nil
}

// places checks accounts and Regions.
func (w Wish) places() error {
	if w.Services == (Chosen{}) {
		return fault.New(fault.Invalid, "services: name at least one, %s", strings.Join(serviceNames(), ", "))
	}
	account := regexp.MustCompile(`^[0-9]{12}$`)
	if !account.MatchString(w.Administrator) {
		return fault.New(fault.Invalid, "administrator %q is no account: write its 12 digits", w.Administrator)
	}
	for i, o := range w.Outside {
		if slices.ContainsFunc(w.Outside[:i], func(other Outsider) bool { return other.Account == o.Account }) {
			return fault.New(fault.Invalid, "outside: account %s stands there twice", o.Account)
		}
		if !account.MatchString(o.Account) || !strings.Contains(o.Email, "@") {
			return fault.New(fault.Invalid, "outside, entry %d: write account, its 12 digits, and email, that of its root user",
				i+1)
		}
	}
	if len(w.Regions) > 0 && w.Home != "" && !slices.Contains(w.Regions, w.Home) {
		return fault.New(fault.Invalid, "home %q is not among regions of the document (%s): add it there, or say "+
			"which of them is the home Region, with home in the document or --home", w.Home, strings.Join(w.Regions, ", "))
	}
	return nil
}

func (s *SecurityHubWish) complete(known map[string]string) (*SecurityHubWish, error) {
	if s == nil {
		return nil, nil //nolint:nilnil // what is not wanted stays so
	}
	filled := *s
	if filled.Configuration == "" {
		filled.Configuration = central
	}
	if filled.Configuration != central && filled.Configuration != local {
		return s, fault.New(fault.Invalid, "services.securityhub.configuration %q: use central or local", s.Configuration)
	}
	if filled.Standards == nil {
		filled.Standards = []string{"fsbp-1.0.0"}
	}
	for i, key := range filled.Standards {
		if slices.Contains(filled.Standards[:i], key) {
			return s, fault.New(fault.Invalid, "services.securityhub.standards: %q stands there twice", key)
		}
		if known[key] == "" {
			return s, fault.New(fault.Invalid, "services.securityhub.standards: %q is not known: see salve standards", key)
		}
	}
	return &filled, nil
}

func (g *GuardDutyWish) check() error {
	if g == nil {
		return nil
	}
	return oneOf("services.guardduty.plans", g.Plans, plans())
}

func (i *InspectorWish) complete() (*InspectorWish, error) {
	if i == nil {
		return nil, nil //nolint:nilnil // as above
	}
	filled := *i
	if filled.Scans == nil {
		filled.Scans = []string{"ec2", "ecr", "lambda"}
	}
	if len(filled.Scans) == 0 {
		return i, fault.New(
			fault.Invalid,
			"services.inspector.scans is empty: name what shall be scanned, or leave inspector out",
		)
	}
	return &filled, oneOf("services.inspector.scans", filled.Scans, scans())
}

func (c *ConfigWish) check() error {
	if c != nil && c.Recorders && c.Bucket == "" {
		return fault.New(fault.Invalid, "services.config.recorders needs services.config.bucket: where AWS Config shall "+
			"deliver to")
	}
	return nil
}

func oneOf(field string, given, known []string) error {
	for i, name := range given {
		if !slices.Contains(known, name) {
			return fault.New(fault.Invalid, "%s: %q is not known: use %s", field, name, strings.Join(known, ", "))
		}
		if slices.Contains(given[:i], name) {
			return fault.New(fault.Invalid, "%s: %q stands there twice", field, name)
		}
	}
	return nil
}
