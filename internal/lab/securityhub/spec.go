package securityhub

import (
	"cmp"
	"errors"
	"fmt"
	"time"
)

// FindingSpec describes a control finding that Security Hub itself would write.
type FindingSpec struct {
	// Control is the security control, such as S3.8.
	Control string
	// Title and Description default to texts that name the control.
	Title, Description string
	// Severity is a label; MEDIUM if empty.
	Severity string
	// Standard is a key of Standards. Consolidated findings may do without.
	Standard string
	// StandardControlID is the control's id in Standard. It may be empty where that is Control.
	StandardControlID string
	// GeneratorID replaces the derived GeneratorId, for findings that contradict themselves.
	GeneratorID string
	// Consolidated chooses one finding per control instead of one per control and standard.
	Consolidated bool
	// AssociatedStandards are the keys of all enabled standards with the control; Standard if empty.
	AssociatedStandards []string
	// Requirements replaces Compliance.RelatedRequirements, which is derived for CIS only.
	Requirements []string
	// Parameters are Compliance.SecurityControlParameters, by name; controls without parameters have none.
	Parameters map[string][]string
	// AccountName is the name of the account; findings may do without.
	AccountName string
	// Account and Region are where the finding is.
	Account, Region string
	// Resource is the id of the resource, mostly its ARN; ResourceType its type, such as AwsS3Bucket.
	Resource, ResourceType string
	// Status is Compliance.Status; FAILED if empty.
	Status string
	// RecordState is ACTIVE if empty.
	RecordState string
	// At is the time of the check. Security Hub ignores an import that is not later than the one before.
	At time.Time
}

// withDefaults fills what a test or a person at the command line need not say.
func withDefaults(spec FindingSpec) FindingSpec {
	spec.Title = cmp.Or(spec.Title, "Control "+spec.Control+" should pass")
	spec.Description = cmp.Or(spec.Description, "This control checks what "+spec.Control+" asks for.")
	spec.Severity = cmp.Or(spec.Severity, "MEDIUM")
	spec.Status = cmp.Or(spec.Status, "FAILED")
	spec.RecordState = cmp.Or(spec.RecordState, "ACTIVE")
	if len(spec.AssociatedStandards) == 0 && spec.Standard != "" {
		spec.AssociatedStandards = []string{spec.Standard}
	}
	return spec
}

// check names the first field without which there is no finding. Values are left to the import.
func (s FindingSpec) check() error {
	required := []struct{ name, value string }{
		{"Control", s.Control},
		{"Account", s.Account},
		{"Region", s.Region},
		{"Resource", s.Resource},
		{"ResourceType", s.ResourceType},
	}
	for _, field := range required {
		if field.value == "" {
			return fmt.Errorf("field %s: a finding cannot be written without it", field.name)
		}
	}
	if s.At.IsZero() {
		return errors.New("field At: say when the check ran")
	}
	if s.Standard == "" && !s.Consolidated {
		return errors.New("field Standard: findings that are not consolidated belong to one")
	}
	return nil
}
