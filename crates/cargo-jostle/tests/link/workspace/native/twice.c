/* The code of another compiler. */
int twice(int value) { return 2 * value; }
