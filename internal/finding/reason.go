package finding

import (
	"fmt"
	"strconv"
)

// Reason says why a finding is not believed. The set is closed: Reasons lists it.
type Reason string

// Reasons whose names begin with Forged mean that fields disagree which Security Hub always writes alike. The
// others name findings that are honest, but not for us.
const (
	ForgedShape     Reason = "forged_shape"     // a field Security Hub always fills is missing or has another form
	ForgedProduct   Reason = "forged_product"   // ProductArn is of another Region or partition
	ForgedID        Reason = "forged_id"        // Id is not that of a control finding
	ForgedAccount   Reason = "forged_account"   // Id or StandardsControlArn names another account
	ForgedRegion    Reason = "forged_region"    // Id or StandardsControlArn names another Region
	ForgedPartition Reason = "forged_partition" // Region is not in the partition the ARNs name
	ForgedControl   Reason = "forged_control"   // Id does not name the control in SecurityControlId
	ForgedGenerator Reason = "forged_generator" // GeneratorId names another control or standard
	ForgedFields    Reason = "forged_fields"    // ProductFields name another control, standard or resource
	ForgedResource  Reason = "forged_resource"  // the resource is in another account, Region or partition

	ForeignHub      Reason = "foreign_hub"      // delivered by the Security Hub of another account
	UnknownSchema   Reason = "unknown_schema"   // a version of the format that Salve does not know
	ForeignProduct  Reason = "foreign_product"  // not a finding of Security Hub's own controls
	ManyResources   Reason = "many_resources"   // not about exactly one resource
	UnknownControl  Reason = "unknown_control"  // no list of standards knows the control
	UnknownStandard Reason = "unknown_standard" // we have no list for the standard
	WrongResource   Reason = "wrong_resource"   // not of the type the control works on
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ForgedShape, ForgedProduct, ForgedID, ForgedAccount, ForgedRegion, ForgedPartition, ForgedControl,
		ForgedGenerator, ForgedFields, ForgedResource, ForeignHub, UnknownSchema, ForeignProduct, ManyResources,
		UnknownControl, UnknownStandard, WrongResource,
	}
}

// Hostile says whether the finding contradicts itself, so that somebody should look who wrote it.
func (r Reason) Hostile() bool {
	switch r {
	case ForgedShape, ForgedProduct, ForgedID, ForgedAccount, ForgedRegion, ForgedPartition, ForgedControl,
		ForgedGenerator, ForgedFields, ForgedResource:
		return true
	case ForeignHub, UnknownSchema, ForeignProduct, ManyResources, UnknownControl, UnknownStandard, WrongResource:
		return false
	}
	return true
}

// Identity is the error of a finding that is not believed.
type Identity struct {
	Field  string // of the finding, by its path
	Reason Reason
	Got    string // hostile text
	Want   string
}

const shownGot = 100 // runes of hostile text in a message

// Error quotes what was found as plain ASCII and cuts it, since it may end in a log or a terminal.
func (e *Identity) Error() string {
	got := []rune(e.Got)
	dots := ""
	if len(got) > shownGot {
		got, dots = got[:shownGot], "…"
	}
	return fmt.Sprintf("%s: %s is %s%s, expected %s", e.Reason, e.Field, strconv.QuoteToASCII(string(got)), dots, e.Want)
}

func refuse(field string, reason Reason, got, want string) error {
	return &Identity{Field: field, Reason: reason, Got: got, Want: want}
}
