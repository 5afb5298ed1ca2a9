package finding

import (
	"regexp"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/salve-security/salve/internal/names"
)

const (
	accountType   = "AwsAccount"
	accountPrefix = "AWS::::Account:"
)

var (
	typeShape = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9]{1,255}$`)
	plainID   = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9._/@=+-]*$`)
)

// resource binds the resource to the finding's account, Region and partition. A control finding is about one
// resource; the same one given twice does no harm.
func (p *proof) resource() error {
	if len(p.raw.Resources) == 0 {
		return refuse("Resources", ManyResources, "", "one resource")
	}
	first := p.raw.Resources[0]
	for _, other := range p.raw.Resources[1:] {
		if other != first {
			return refuse("Resources", ManyResources, other.ID, "one resource")
		}
	}
	if !typeShape.MatchString(first.Type) {
		return refuse("Resources[0].Type", ForgedShape, first.Type, "a type of resource")
	}
	if first.ID == "" || len(first.ID) > maxID || !printable(first.ID) {
		return refuse("Resources[0].Id", ForgedShape, first.ID, "1 to 512 bytes of plain text")
	}
	if first.Partition != "" && first.Partition != p.f.Partition {
		return refuse("Resources[0].Partition", ForgedResource, first.Partition, p.f.Partition)
	}
	p.f.Resource = Resource{ID: first.ID, Type: first.Type, Region: p.f.Region, Partition: p.f.Partition}
	if err := p.resourceRegion(first); err != nil {
		return err
	}
	return p.resourceID(first)
}

// resourceRegion compares the resource's Region. Global services are reported from any Region, under the
// name of another or of none.
func (p *proof) resourceRegion(r RawResource) error {
	if r.Region == "" || r.Region == p.f.Region {
		return nil
	}
	reason, name := ForgedResource, arn{}
	if names.IsRegion(r.Region) && names.PartitionOf(r.Region) == p.f.Partition {
		if name, _ = parseARN(r.ID); name.region == r.Region {
			reason = ForeignResource
		}
		if Scope(p.f) == ScopeGlobal {
			return nil
		}
	}
	if Scope(p.f) == ScopeGlobal && r.Region == ScopeGlobal {
		return nil
	}
	return refuse("Resources[0].Region", reason, r.Region, p.f.Region)
}

// resourceID binds what the id itself says. Ids that are no ARN are few; the control knows their form.
func (p *proof) resourceID(r RawResource) error {
	const field = "Resources[0].Id"
	if r.Type == accountType || strings.HasPrefix(r.ID, accountPrefix) {
		if r.Type != accountType || !p.isAccount(r.ID) {
			return refuse(field, ForgedResource, r.ID, "account "+p.f.Account)
		}
		p.f.Resource.ID = accountPrefix + p.f.Account // one piece of work, however it is written
		return nil
	}
	name, ok := parseARN(r.ID)
	switch {
	case ok:
		return p.resourceARN(field, name)
	case plainID.MatchString(r.ID):
		return nil
	}
	return refuse(field, ForgedShape, r.ID, "an ARN")
}

// resourceARN compares the parts of the ARN that are not empty; S3 for one leaves out account and Region. That they
// differ is no contradiction: what is shared is reported where it is seen.
func (p *proof) resourceARN(field string, name arn) error {
	switch {
	case name.partition != p.f.Partition:
		return refuse(field, ForgedResource, name.partition, "partition "+p.f.Partition)
	case name.account != "" && name.account != p.f.Account:
		return refuse(field, ForeignResource, name.account, "account "+p.f.Account)
	case name.region == "" || name.region == p.f.Region:
		return nil
	case !names.IsRegion(name.region):
		return refuse(field, ForgedShape, name.region, "a Region")
	case Scope(p.f) != ScopeGlobal:
		return refuse(field, ForeignResource, name.region, "Region "+p.f.Region)
	}
	return nil
}

// isAccount knows the ways in which Security Hub writes an account, one of them its root user.
func (p *proof) isAccount(id string) bool {
	return id == accountPrefix+p.f.Account || id == p.f.Account || id == p.rootUser()
}

func (p *proof) rootUser() string { return "arn:" + p.f.Partition + ":iam::" + p.f.Account + ":root" }

// printable refuses control characters, characters that reorder or hide text, and blanks at the ends.
func printable(text string) bool {
	if !utf8.ValidString(text) || strings.TrimSpace(text) != text {
		return false
	}
	for _, r := range text {
		if !unicode.IsPrint(r) || r == utf8.RuneError {
			return false
		}
	}
	return true
}

// CheckResource says whether the resource is one the control works on: one of its types of ASFF, if any are wanted,
// and the form of its id, if a pattern is given. The pattern must match the whole id.
func CheckResource(f Finding, types []string, pattern *regexp.Regexp) error {
	if len(types) > 0 && !slices.Contains(types, f.Resource.Type) {
		return refuse("Resources[0].Type", WrongResource, f.Resource.Type, strings.Join(types, " or "))
	}
	if pattern != nil && pattern.FindString(f.Resource.ID) != f.Resource.ID {
		return refuse("Resources[0].Id", WrongResource, f.Resource.ID, "an id of the form "+pattern.String())
	}
	return nil
}
