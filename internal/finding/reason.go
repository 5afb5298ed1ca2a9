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
	ForgedResource  Reason = "forged_resource"  // the resource is of another partition, or is another account

	ForeignHub      Reason = "foreign_hub"      // delivered by the Security Hub of another account
	UnknownSchema   Reason = "unknown_schema"   // a version of the format that Salve does not know
	ForeignProduct  Reason = "foreign_product"  // not a finding of Security Hub's own controls
	ManyResources   Reason = "many_resources"   // not about exactly one resource
	UnknownControl  Reason = "unknown_control"  // no list of standards knows the control
	UnknownStandard Reason = "unknown_standard" // we have no list for the standard
	WrongResource   Reason = "wrong_resource"   // not of the type the control works on
	// The resource is another account's, or lies in another Region: the trail of an organization shows in its members,
	// one of all Regions in each of them.
	ForeignResource Reason = "foreign_resource"
)

// Reasons lists every reason.
func Reasons() []Reason {
	return []Reason{
		ForgedShape, ForgedProduct, ForgedID, ForgedAccount, ForgedRegion, ForgedPartition, ForgedControl,
		ForgedGenerator, ForgedFields, ForgedResource, ForeignHub, UnknownSchema, ForeignProduct, ManyResources,
		UnknownControl, UnknownStandard, WrongResource, ForeignResource,
	}
}

// Hostile says whether the finding contradicts itself, so that somebody should look who wrote it.
func (r Reason) Hostile() bool {
	switch r {
	case ForgedShape, ForgedProduct, ForgedID, ForgedAccount, ForgedRegion, ForgedPartition, ForgedControl,
		ForgedGenerator, ForgedFields, ForgedResource:
		return true
	case ForeignHub, UnknownSchema, ForeignProduct, ManyResources, UnknownControl, UnknownStandard, WrongResource,
		ForeignResource:
		return false
	}
	return true
}

// Sentence says what the reason means and what to do about it, for a note.
func (r Reason) Sentence() string {
	switch r { //nolint:exhaustive // those that contradict themselves say the same
	case ForeignHub:
		return "The finding belongs to another Security Hub. Ask there."
	case UnknownSchema:
		return "Salve does not know this version of findings."
	case ForeignProduct:
		return "Salve acts on findings of Security Hub's own controls only. Follow the product's advice."
	case ManyResources:
		return "The finding is not about exactly one resource. Fix it by hand."
	case UnknownControl, UnknownStandard:
		return "This version of Salve does not know the control or the standard. Follow the manual steps that AWS gives."
	case WrongResource:
		return "The playbook works on no resource of this kind or name. Fix it by hand."
	case ForeignResource:
		return "The resource belongs to another account or Region. Ask on the finding there."
	}
	return "The finding contradicts itself. See who wrote it."
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
