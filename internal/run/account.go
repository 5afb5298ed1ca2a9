package run

// Account is a member account that runs wait for, because it lacks the role.
type Account struct {
	ID, Region, Partition string
	// Touched is when the last run began to wait, to see that none did meanwhile.
	Touched string
}
