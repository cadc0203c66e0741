"""Pure: (Desired, live State) → Plan. No I/O."""
