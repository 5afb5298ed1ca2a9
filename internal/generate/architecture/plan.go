package main

// kind is how a box looks.
type kind string

const (
	account kind = "account" // a frame with its name in a corner
	part    kind = "part"    // something of Salve's
	other   kind = "other"   // what was there before
)

// box is a rectangle with lines of text; name is the resource of the templates that it shows, empty where it is none.
type box struct {
	kind       kind
	x, y, w, h int
	lines      []string
	name       string
}

// arrow goes through points; it is a word's worth of what goes there.
type arrow struct {
	points [][2]int
	words  string
	at     [2]int // where the words stand
	open   bool   // dashed: how it came about, not what happens with a finding
}

// The picture's measures, in pixels.
const wide, high = 1080, 650

func boxes() []box {
	return []box{
		{account, 20, 50, 230, 420, []string{"Where it begins"}, ""},
		{account, 290, 50, 460, 420, []string{"Hub: Security Hub's administrator account"}, ""},
		{account, 800, 50, 260, 420, []string{"Each member account"}, ""},
		{account, 20, 510, 1040, 120, []string{"Set up once"}, ""},

		{other, 40, 90, 190, 60, []string{"Security Hub", "reports a finding"}, ""},
		{other, 40, 200, 190, 60, []string{"A person presses", "Remediate, plan or undo"}, ""},
		{other, 40, 310, 190, 60, []string{"An operator's shell", "salve apply, salve undo"}, ""},

		{part, 310, 90, 150, 60, []string{"Queue", "salve-bulk"}, "salve-bulk"},
		{part, 310, 200, 150, 60, []string{"Queue", "salve-now"}, "salve-now"},
		{
			part, 530, 130, 210, 90,
			[]string{"salve-orchestrator", "the function: decides,", "plans, changes, proves"},
			"salve-orchestrator",
		},
		{part, 310, 310, 150, 60, []string{"salve-sweep", "each minute"}, "salve-sweep"},
		{part, 530, 310, 210, 60, []string{"Table salve", "runs, locks, configuration"}, "salve"},
		{part, 310, 400, 150, 55, []string{"/salve/audit", "who, what, why"}, "/salve/audit"},
		{part, 530, 400, 210, 55, []string{"salve-notices", "mail, programs, chat"}, "salve-notices"},

		{
			part, 820, 90, 220, 90,
			[]string{"salve-remediation", "the role: a session a run,", "for one control and resource"},
			"salve-remediation",
		},
		{other, 820, 240, 220, 60, []string{"The resource", "read, changed, read again"}, ""},
		{other, 820, 380, 220, 60, []string{"AWS Config, Security Hub", "check it again"}, ""},

		{other, 310, 545, 240, 60, []string{"salve deploy hub", "the stack of hub.yaml"}, ""},
		{other, 40, 545, 190, 60, []string{"salve org enable", "services and standards"}, ""},
		{other, 820, 545, 220, 60, []string{"salve deploy members", "a StackSet of member.yaml"}, ""},
	}
}

func arrows() []arrow {
	return []arrow{
		{points: [][2]int{{230, 120}, {310, 120}}, words: "rule", at: [2]int{258, 113}},
		{points: [][2]int{{230, 230}, {310, 230}}, words: "rule", at: [2]int{258, 223}},
		{points: [][2]int{{460, 120}, {490, 120}, {490, 155}, {530, 155}}},
		{points: [][2]int{{460, 230}, {490, 230}, {490, 175}, {530, 175}}},
		{points: [][2]int{{385, 310}, {385, 260}}, words: "sweep", at: [2]int{392, 290}},
		{points: [][2]int{{600, 220}, {600, 310}}, words: "claim, plan, outcome", at: [2]int{607, 270}},
		{points: [][2]int{{530, 205}, {505, 205}, {505, 427}, {460, 427}}},
		{points: [][2]int{{505, 427}, {530, 427}}},
		{points: [][2]int{{740, 140}, {820, 140}}, words: "enters", at: [2]int{757, 133}},
		{points: [][2]int{{930, 180}, {930, 240}}, words: "what was planned", at: [2]int{938, 215}},
		{points: [][2]int{{930, 300}, {930, 380}}, words: "do they agree?", at: [2]int{938, 345}},
		{points: [][2]int{{700, 130}, {700, 30}, {200, 30}, {200, 90}}, words: "status and note", at: [2]int{400, 24}},
		{
			points: [][2]int{{60, 370}, {60, 490}, {780, 490}, {780, 165}, {820, 165}},
			words:  "the same engine, table and log", at: [2]int{545, 484},
		},
		{points: [][2]int{{135, 545}, {135, 470}}, open: true},
		{points: [][2]int{{430, 545}, {430, 470}}, open: true},
		{points: [][2]int{{930, 545}, {930, 470}}, words: "new accounts too", at: [2]int{820, 502}, open: true},
	}
}
