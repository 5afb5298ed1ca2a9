package ran

// JudgeVariable names the environment variable with the URL of a judge. Where it is set, suites run no cases: each
// makes its resource, fixes it and takes that back, and asks the judge to look after each step.
const JudgeVariable = "SALVE_JUDGE"

// Step is how far a suite has come when the judge looks.
type Step string

// The steps, in their order.
const (
	Seeded Step = "seeded"
	Fixed  Step = "fixed"
	Undone Step = "undone"
)

// Steps are all steps, in their order.
func Steps() []Step { return []Step{Seeded, Fixed, Undone} }

// Look is what a suite asks the judge to look at. The judge answers once it has.
type Look struct {
	Control string `json:"control"`
	Suite   string `json:"suite"` // as in Control.Suites
	Step    Step   `json:"step"`
	On      string `json:"on"` // as in Suite.On

	// Endpoint is where the account is; empty where no client but the suite's own can reach it.
	Endpoint string `json:"endpoint"`
	Key      string `json:"key"` // of a root of the account, in a lab
	Secret   string `json:"secret"`
	Account  string `json:"account"`
	Region   string `json:"region"`
	Resource string `json:"resource"` // its id, as a finding names it
	Name     string `json:"name"`     // what calls name it by

	Writes  []string `json:"writes"`  // the actions of the control that change something
	Removes bool     `json:"removes"` // the fix takes the resource away
	Stays   bool     `json:"stays"`   // known once it is fixed: undo takes nothing back
}
