package names

// Action is a custom action of Security Hub: an entry of the menu that people open on findings.
type Action struct {
	ID          string // the end of its ARN: 1 to 20 letters and digits
	Name        string // what people choose: at most 20 characters
	Description string
}

// Actions are all custom actions of Salve. The template of the hub and salve actions make the same ones.
func Actions() []Action {
	return []Action{
		{ID: ActionID, Name: ActionName, Description: "Fix the selected findings with Salve"},
	}
}
